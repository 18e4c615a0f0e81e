//go:build linux

package cluster

import "testing"

const mebibyte = 1 << 20

func TestBusyProcessMayHaveTheAllowanceInGarbage(t *testing.T) {
	for name, tt := range map[string]struct {
		collections, live uint64
		percent           int
	}{
		"idle":               {1, 50 * mebibyte, 50},
		"busy, small heap":   {2, 48 * mebibyte, 400},
		"busy, large heap":   {9, 500 * mebibyte, 100},
		"busy, nothing live": {9, 0, 100},
	} {
		t.Run(name, func(t *testing.T) {
			p := pacer{allowance: 192 * mebibyte, percent: usualPercent}
			if p.look(tt.collections, tt.live) {
				t.Error("a process that was not busy has calmed")
			}
			if p.percent != tt.percent {
				t.Errorf("collects at %d %%; want %d", p.percent, tt.percent)
			}
		})
	}
}

func TestCalmProcessGivesBackOnce(t *testing.T) {
	p := pacer{allowance: 192 * mebibyte, percent: usualPercent}
	p.look(7, 48*mebibyte)
	p.look(8, 96*mebibyte) // one collection: not busy by itself, and not calm
	if p.percent != 200 {
		t.Fatalf("collects at %d %% while busy; want 200", p.percent)
	}
	var calmed []int
	for i := range 3 * calmLooks {
		if p.look(8, 48*mebibyte) {
			calmed = append(calmed, i)
		}
	}
	if len(calmed) != 1 || calmed[0] != calmLooks-1 {
		t.Errorf("calmed at looks %v; want once, at look %d", calmed, calmLooks-1)
	}
	if p.percent != calmPercent {
		t.Errorf("collects at %d %% when calm, want %d", p.percent, calmPercent)
	}
}
