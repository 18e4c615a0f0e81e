package capability

import (
	"context"
	"strings"

	"github.com/seatrial/seatrial/steps/partial"
)

// families looks at the ranges that the API server was started with: two of them are one of each family.
func (d *detection) families(ctx context.Context) error {
	answer, err := d.get(ctx, "/apis/networking.k8s.io/v1/servicecidrs/kubernetes")
	if err != nil {
		return err
	}
	if answer.Refused() {
		d.found(DualStack, `ServiceCIDR "kubernetes" cannot be read: `+brief(answer))
		return nil
	}
	found, _ := partial.Field(answer.Object, "spec.cidrs")
	ranges, _ := found.([]any)
	four, six := false, false
	for _, cidr := range ranges {
		isSix := strings.Contains(partial.Text(cidr), ":")
		four, six = four || !isSix, six || isSix
	}
	reason := ""
	if !four || !six {
		reason = `ServiceCIDR "kubernetes" has ` + count(len(ranges), "range", "ranges")
	}
	d.found(DualStack, reason)
	return nil
}
