package compress

import (
	"fmt"
	"io"
	"sync"
)

const (
	// blockBytes is how much an encoder hands over at a time.
	blockBytes = 64 << 10
	// blocksAhead is by how many blocks it may be ahead of the compressor.
	blocksAhead = 4
)

// pipe writes to out beside who writes to it, so that a list is encoded and
// compressed on two processors. Bytes count as written when they are taken
// over; a failure of out is told to a later write, and to Close.
type pipe struct {
	out    io.Writer
	free   *sync.Pool // of *[]byte
	block  *[]byte    // being filled; nil after Close
	blocks chan *[]byte
	done   chan struct{}
	broken chan struct{} // closed when out has failed
	err    error         // of out; read after broken or done is closed
}

func newPipe(out io.Writer, free *sync.Pool) *pipe {
	p := &pipe{out: out, free: free, blocks: make(chan *[]byte, blocksAhead), done: make(chan struct{}), broken: make(chan struct{})}
	p.block = p.empty()
	go p.drain()
	return p
}

// newBlocks is a pool for newPipe.
func newBlocks() *sync.Pool {
	return &sync.Pool{New: func() any {
		b := make([]byte, 0, blockBytes)
		return &b
	}}
}

func (p *pipe) empty() *[]byte {
	b := p.free.Get().(*[]byte)
	*b = (*b)[:0]
	return b
}

func (p *pipe) drain() {
	defer close(p.done)
	for b := range p.blocks {
		if p.err == nil {
			if p.err = p.pass(*b); p.err != nil {
				close(p.broken)
			}
		}
		p.free.Put(b)
	}
}

// pass writes a block. A panic breaks this answer off, as it would in the
// goroutine of the request, and not the whole process.
func (p *pipe) pass(block []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("compress list: %v", r)
		}
	}()
	_, err = p.out.Write(block)
	return err
}

// Write implements io.Writer.
func (p *pipe) Write(data []byte) (int, error) {
	select {
	case <-p.broken:
		return 0, p.err
	default:
	}
	taken := len(data)
	for len(data) > 0 {
		n := min(len(data), blockBytes-len(*p.block))
		*p.block = append(*p.block, data[:n]...)
		data = data[n:]
		if len(*p.block) == blockBytes {
			p.blocks <- p.block
			p.block = p.empty()
		}
	}
	return taken, nil
}

// Close returns when all is written to out, or out has failed. It may be
// called again.
func (p *pipe) Close() error {
	if p.block != nil {
		p.blocks <- p.block
		p.block = nil
		close(p.blocks)
	}
	<-p.done
	return p.err
}
