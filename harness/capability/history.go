package capability

import (
	"context"
	"net/http"
)

// history asks for the first version of a list, which an API server forgets when it compacts its store.
func (d *detection) history(ctx context.Context) error {
	answer, err := d.get(ctx, "/api/v1/namespaces?limit=1&resourceVersion=1&resourceVersionMatch=Exact")
	if err != nil {
		return err
	}
	reason := ""
	switch {
	case answer.Code == http.StatusGone:
	case answer.Refused():
		reason = "the first version of the Namespaces cannot be asked for: " + brief(answer)
	default:
		reason = "the API server still knows its first version, which it forgets some minutes after its start"
	}
	d.found(CompactedHistory, reason)
	return nil
}
