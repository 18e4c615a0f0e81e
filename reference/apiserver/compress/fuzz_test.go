package compress

import "testing"

func FuzzAcceptEncoding(f *testing.F) {
	f.Add("gzip;q=0, identity, *")
	f.Fuzz(func(t *testing.T, header string) {
		if acceptsGzip(header) && !acceptsGzip(header+",br") {
			t.Errorf("%q accepts gzip, and with br it does not", header)
		}
	})
}
