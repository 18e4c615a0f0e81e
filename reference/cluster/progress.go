//go:build linux

package cluster

import (
	"encoding/json"
	"io"
	"sync"
)

// Progress tells whoever started the cluster how far it is, one JSON object a
// line: {"step":...}, then {"ready":true} or {"error":...}. A nil Progress and
// a reader that has gone away are both fine.
type Progress struct {
	mu sync.Mutex
	w  io.WriteCloser
}

// NewProgress writes to w.
func NewProgress(w io.WriteCloser) *Progress { return &Progress{w: w} }

// Step says that a part of the start is done.
func (p *Progress) Step(text string) { p.write(map[string]any{"step": text}) }

// Ready says that the cluster can be used, and ends the report.
func (p *Progress) Ready() {
	p.write(map[string]any{"ready": true})
	p.close()
}

// Fail says why the cluster did not start, and ends the report.
func (p *Progress) Fail(err error) {
	p.write(map[string]any{"error": err.Error()})
	p.close()
}

func (p *Progress) write(line map[string]any) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w != nil {
		_ = json.NewEncoder(p.w).Encode(line)
	}
}

func (p *Progress) close() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w != nil {
		_ = p.w.Close()
		p.w = nil
	}
}
