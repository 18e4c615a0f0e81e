package sonobuoy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

const (
	// pause is the least time between two posts: Sonobuoy writes each one into an annotation in the cluster that is judged.
	pause = time.Second
	// patience bounds one post.
	patience = 5 * time.Second
)

// update is what the worker takes; see ProgressUpdate in Sonobuoy's pkg/plugin/interface.go.
type update struct {
	Message   string   `json:"msg"`
	Total     int      `json:"total"`
	Completed int      `json:"completed"`
	Errors    []string `json:"errors,omitempty"`
	Failures  []string `json:"failures,omitempty"`
}

// Progress tells the worker how far the run is. It may be used by many goroutines.
type Progress struct {
	url    string
	client *http.Client
	log    io.Writer
	news   chan struct{}

	mu      sync.Mutex
	order   map[string]bool
	results map[string]verdict.Verdict
	message string
}

// Progress returns what posts to the worker. The log gets one line when the worker does not answer; the run goes on without it.
func (w Worker) Progress(client *http.Client, log io.Writer) *Progress {
	return &Progress{
		url: "http://" + net.JoinHostPort("localhost", w.Port) + "/progress", client: client, log: log,
		news: make(chan struct{}, 1), order: map[string]bool{}, results: map[string]verdict.Verdict{},
	}
}

// Observe takes in a record of the journal. It never waits.
func (p *Progress) Observe(r journal.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case r.Selected != nil:
		for _, id := range r.Selected.IDs {
			p.order[id] = true
		}
		p.message = fmt.Sprintf("%d behaviours selected", len(p.order))
	case r.Result != nil:
		p.results[r.Result.ID] = r.Result.Verdict
		p.message = fmt.Sprintf("%s %s", r.Result.ID, r.Result.Verdict)
	case r.End != nil:
		p.message = fmt.Sprintf("the run is over: %s", r.End.Outcome)
	default:
		return
	}
	select {
	case p.news <- struct{}{}:
	default: // the one that waits will be sent with this, too
	}
}

// Run posts the newest state until the context ends, and then once more when there is news.
func (p *Progress) Run(ctx context.Context) {
	told := false
	for {
		select {
		case <-p.news:
		case <-ctx.Done():
			select {
			case <-p.news:
				p.post(context.WithoutCancel(ctx), &told)
			default:
			}
			return
		}
		p.post(context.WithoutCancel(ctx), &told)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

func (p *Progress) post(ctx context.Context, told *bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.send(ctx); err != nil && !*told {
		*told = true
		_, _ = fmt.Fprintln(p.log, "sonobuoy: no progress is shown:", err)
	}
}

func (p *Progress) send(ctx context.Context) error {
	body, err := json.Marshal(p.state())
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s is %s", p.url, response.Status)
	}
	return err
}

// state is the sum of what was observed.
func (p *Progress) state() update {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := update{Message: p.message, Total: len(p.order), Completed: len(p.results)}
	for id, v := range p.results {
		switch v {
		case verdict.NotRun:
			u.Completed--
		case verdict.Failed:
			u.Failures = append(u.Failures, id)
		case verdict.Error:
			u.Errors = append(u.Errors, id)
		}
	}
	slices.Sort(u.Failures)
	slices.Sort(u.Errors)
	return u
}
