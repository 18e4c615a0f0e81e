package evidence_test

import (
	"os"
	"testing"

	"github.com/seatrial/seatrial/harness/evidence"
)

func BenchmarkRedact(b *testing.B) {
	text, err := os.ReadFile("../../features/workloads/deployment.feature")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		evidence.Redact(string(text))
	}
}
