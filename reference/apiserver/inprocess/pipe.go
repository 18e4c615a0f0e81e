package inprocess

import (
	"bytes"
	"io"
	"sync"
)

// maxBuffered is how far a writer may be ahead of its reader.
const maxBuffered = 256 << 10

// pipe is io.Pipe with a buffer, so that a watch does not switch goroutines
// twice for each event. Its zero value is not usable; see newPipe.
type pipe struct {
	mu    sync.Mutex
	moved *sync.Cond // something was written, read or closed
	buf   bytes.Buffer
	rerr  error // given to the reader when the buffer is empty
	werr  error // given to the writer at once
}

func newPipe() *pipe {
	p := &pipe{}
	p.moved = sync.NewCond(&p.mu)
	return p
}

// Write blocks while the reader is too far behind.
func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.werr == nil && p.buf.Len() > maxBuffered {
		p.moved.Wait()
	}
	if p.werr != nil {
		return 0, p.werr
	}
	p.moved.Broadcast()
	return p.buf.Write(b)
}

// Read blocks until there is something to read or the writer has ended.
func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.buf.Len() == 0 && p.rerr == nil {
		p.moved.Wait()
	}
	if p.buf.Len() == 0 {
		return 0, p.rerr
	}
	n, err := p.buf.Read(b)
	if p.buf.Len() == 0 && p.buf.Cap() > maxBuffered {
		p.buf = bytes.Buffer{} // a long list must not stay in memory with its watch
	}
	p.moved.Broadcast()
	return n, err
}

// closeWrite lets the reader read what is buffered, then err.
func (p *pipe) closeWrite(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rerr == nil {
		p.rerr = err
	}
	p.werr = io.ErrClosedPipe
	p.moved.Broadcast()
}

// closeRead drops what is buffered; reads give err from now on.
func (p *pipe) closeRead(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buf.Reset()
	if p.rerr == nil {
		p.rerr = err
	}
	p.werr = io.ErrClosedPipe
	p.moved.Broadcast()
}
