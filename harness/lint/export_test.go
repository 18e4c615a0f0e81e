package lint

// For the tests.
var (
	BareNumber = bareNumber
	Alike      = alike
	Leaves     = leaves
)
