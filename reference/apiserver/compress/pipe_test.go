package compress

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// refusing takes some writes and fails from then on.
type refusing struct {
	takes int
	err   error
}

func (r *refusing) Write(p []byte) (int, error) {
	if r.takes--; r.takes < 0 {
		return 0, r.err
	}
	return len(p), nil
}

func TestPipeKeepsEveryByteInOrder(t *testing.T) {
	for _, piece := range []int{1, 1000, blockBytes - 1, blockBytes, blockBytes + 1, 5*blockBytes + 7} {
		var want, got bytes.Buffer
		p := newPipe(&got, newBlocks())
		for n := 0; want.Len() < 6*blockBytes; n++ {
			text := strings.Repeat(string(rune('a'+n%26)), piece)
			want.WriteString(text)
			if taken, err := io.WriteString(p, text); taken != piece || err != nil {
				t.Fatalf("write of %d bytes: %d, %v", piece, taken, err)
			}
		}
		if err := errors.Join(p.Close(), p.Close()); err != nil {
			t.Errorf("close: %v", err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("in pieces of %d bytes: %d bytes arrive of %d, or others", piece, got.Len(), want.Len())
		}
	}
}

func TestPipeTellsThatTheClientHasGone(t *testing.T) {
	gone := errors.New("client has gone")
	p := newPipe(&refusing{takes: 2, err: gone}, newBlocks())
	block := bytes.Repeat([]byte("x"), blockBytes)
	for range 3 { // the third breaks it
		if _, err := p.Write(block); err != nil {
			t.Fatalf("before the client had gone: %v", err)
		}
	}
	<-p.broken
	if _, err := p.Write(block); !errors.Is(err, gone) {
		t.Errorf("write after the client had gone: %v", err)
	}
	if err := p.Close(); !errors.Is(err, gone) {
		t.Errorf("close after the client had gone: %v", err)
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("lost") }

func TestPanicBreaksOneAnswerOff(t *testing.T) {
	p := newPipe(panicking{}, newBlocks())
	if _, err := io.WriteString(p, "x"); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err == nil || !strings.Contains(err.Error(), "lost") {
		t.Errorf("close after a panic: %v", err)
	}
}
