package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seatrial/seatrial/steps/client"
)

// chunk is how many objects one answer holds at most.
const chunk = 500

// metadataOnly asks for the metadata alone, at best as protobuf. A server that knows neither sends whole objects, of which the rest is
// dropped.
const metadataOnly = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1," +
	"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

// list reads all objects of a kind, in chunks.
func (t *taking) list(ctx context.Context, kind client.Kind) error {
	accept := metadataOnly
	if kind.Kind == volume && kind.Group == "" {
		accept = "application/json" // whose claim it is stands in the specification
	}
	next := ""
	for {
		query := url.Values{"limit": {strconv.Itoa(chunk)}}
		if next != "" {
			query.Set("continue", next)
		}
		answer, err := t.cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: kind.Path("", "", ""), Query: query, Accept: accept})
		switch {
		case ctx.Err() != nil:
			return errors.New("not listed in time")
		case err != nil:
			return err
		case answer.Code == http.StatusGone && next != "" && answer.Status().Continue != "":
			next = answer.Status().Continue // the rest of the list, from a later version
			continue
		case answer.Code == http.StatusForbidden:
			return errors.New("may not be listed (403 Forbidden)")
		case answer.Refused():
			return fmt.Errorf("cannot be listed: %.200s", answer)
		}
		page, err := read(answer)
		if err != nil {
			return err
		}
		t.keep(called(kind), describe(page.items))
		if next = page.next; next == "" {
			return nil
		}
	}
}

// page is one chunk of a list.
type page struct {
	items []item
	next  string
}

// item is an object of which only this is read.
type item struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ClaimRef struct {
			Namespace string `json:"namespace"`
		} `json:"claimRef"`
	} `json:"spec"`
}

// protobufMark begins every object that is sent as protobuf.
const protobufMark = "k8s\x00"

func read(answer client.Answer) (page, error) {
	if body, ok := strings.CutPrefix(string(answer.Body), protobufMark); ok {
		return readProtobuf([]byte(body))
	}
	var list struct {
		metav1.ListMeta `json:"metadata"`
		Items           []item `json:"items"`
	}
	if err := json.Unmarshal(answer.Body, &list); err != nil {
		return page{}, fmt.Errorf("read the list: %w", err)
	}
	return page{list.Items, list.Continue}, nil
}

func readProtobuf(body []byte) (page, error) {
	var envelope runtime.Unknown
	if err := envelope.Unmarshal(body); err != nil {
		return page{}, fmt.Errorf("read the list: %w", err)
	}
	var list metav1.PartialObjectMetadataList
	if err := list.Unmarshal(envelope.Raw); err != nil {
		return page{}, fmt.Errorf("read the list: %w", err)
	}
	items := make([]item, len(list.Items))
	for i := range list.Items {
		items[i].ObjectMeta = list.Items[i].ObjectMeta
	}
	return page{items, list.Continue}, nil
}
