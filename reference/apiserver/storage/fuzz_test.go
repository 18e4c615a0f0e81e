package storage

import "testing"

func FuzzClaim(f *testing.F) {
	f.Add([]byte("default/web\n2026-01-02T03:04:05Z"))
	f.Fuzz(func(_ *testing.T, value []byte) { parseClaim(value) })
}
