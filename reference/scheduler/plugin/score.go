package plugin

// Normalize scales scores so that the largest becomes MaxScore. Negative
// scores are not expected.
func Normalize(scores []int64) {
	var top int64
	for _, s := range scores {
		top = max(top, s)
	}
	if top == 0 {
		return
	}
	for i := range scores {
		scores[i] = scores[i] * MaxScore / top
	}
}

// NormalizeReversed scales counts of something bad: none becomes MaxScore,
// the largest becomes 0.
func NormalizeReversed(scores []int64) {
	Normalize(scores)
	for i := range scores {
		scores[i] = MaxScore - scores[i]
	}
}
