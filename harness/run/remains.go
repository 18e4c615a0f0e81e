package run

import (
	"fmt"
	"strings"
	"sync"
)

// Remains is what would be left if the process ended now. It may be asked at any time, by another goroutine. The zero Remains is empty.
type Remains struct {
	mu         sync.Mutex
	run, dir   string
	throwaway  string
	where      string
	namespaces func() []string
}

// At notes the part of a command line that names the cluster, for the commands that Text proposes.
func (r *Remains) At(where string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.where = where
}

func (r *Remains) begin(run, dir string, namespaces func() []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.run, r.dir, r.namespaces = run, dir, namespaces
}

func (r *Remains) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.run = ""
}

// Cluster notes a throw-away cluster that exists, before the run in it has begun; the empty name, that it is gone.
func (r *Remains) Cluster(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.throwaway = name
}

// Text says in a few lines what is left and how to remove it. It is empty when nothing is left.
func (r *Remains) Text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.throwaway != "" {
		return fmt.Sprintf("left: the cluster %s; to remove it: seatrial down --name %s", r.throwaway, r.throwaway)
	}
	if r.run == "" {
		return ""
	}
	var left []string
	if names := r.namespaces(); len(names) > 0 {
		left = append(left, fmt.Sprintf("%d Namespaces with all that is in them (%s)", len(names), few(names)))
	}
	left = append(left, "what the scenarios that ran have made outside of them")
	return fmt.Sprintf("left: %s\nto remove it: seatrial cleanup --run %s%s\nto go on: seatrial run --resume --from %s%s",
		strings.Join(left, ", and "), r.run, r.where, r.dir, r.where)
}

// few names at most three things.
func few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
