//go:build linux

package cluster

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"golang.org/x/sys/unix"
)

const (
	paceInterval = time.Second
	// busyCollections is how many garbage collections between two looks make a
	// process busy. Those that somebody asked for do not count.
	busyCollections = 2
	// calmLooks is after how many looks without a collection a busy process is calm.
	calmLooks = 5
	// usualPercent is the share of garbage in the live heap at which Go collects.
	usualPercent = 100
	// calmPercent is that of a process that is not busy: it has time, and is to be small.
	calmPercent = 50
	// allowance is how much garbage a busy process may have, in bytes; never
	// more than this part of the machine's memory.
	allowance     = 192 << 20
	allowancePart = 16
)

// PaceCollector lets more garbage pile up while the process is busy, gives it
// back afterwards, and keeps an idle process small. The live heap of an idle
// cluster is small, so under load Go would collect many times a second, a fifth
// of all CPU time. The start is not paced: what it leaves behind lies more
// densely then. PaceCollector returns when ctx ends, and at once when GOGC is
// set: then the user has decided.
func PaceCollector(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	p := pacer{allowance: allowance, percent: usualPercent}
	var machine unix.Sysinfo_t
	if unix.Sysinfo(&machine) == nil {
		p.allowance = min(p.allowance, uint64(machine.Totalram)*uint64(machine.Unit)/allowancePart) //nolint:unconvert // the width differs between architectures
	}
	if !settled(ctx) {
		return
	}
	samples := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	p.collections = samples[0].Value.Uint64() // those of the start do not make it busy
	tick := time.NewTicker(paceInterval)
	defer tick.Stop()
	for {
		metrics.Read(samples)
		before := p.percent
		calmed := p.look(samples[0].Value.Uint64(), samples[1].Value.Uint64())
		if p.percent != before {
			debug.SetGCPercent(p.percent)
		}
		if calmed {
			debug.FreeOSMemory()
		}
		select {
		case <-ctx.Done():
			debug.SetGCPercent(usualPercent)
			return
		case <-tick.C:
		}
	}
}

// pacer decides at how much garbage Go collects.
type pacer struct {
	allowance   uint64
	percent     int
	collections uint64 // so far
	quiet       int    // looks in a row without a collection
	busy        bool
}

// look takes the number of collections so far and the bytes of the live heap.
// It sets the percentage, and returns true when a busy process has become calm.
func (p *pacer) look(collections, live uint64) (calmed bool) {
	n := collections - p.collections
	p.collections = collections
	switch {
	case n > 0:
		p.quiet = 0
	default:
		p.quiet++
	}
	if n >= busyCollections {
		p.busy = true
	}
	if !p.busy {
		p.percent = calmPercent
		return false
	}
	if p.quiet >= calmLooks {
		p.busy, p.percent = false, calmPercent
		return true
	}
	p.percent = usualPercent
	if live > 0 {
		p.percent = max(usualPercent, int(p.allowance*100/live))
	}
	return false
}
