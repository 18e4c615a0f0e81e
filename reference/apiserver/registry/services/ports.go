package services

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/seatrial/seatrial/reference/apiserver/storage"
)

var errPortTaken = errors.New("provided port is already allocated")

// ports allocates node ports.
type ports struct {
	claims *storage.Claims
	span   utilnet.PortRange
}

// last is the number of the last port of the range.
func (p *ports) last() int32 { return int32(p.span.Base + p.span.Size - 1) } //nolint:gosec // a port

// reserved is how much of the start of the range is left for users to choose from.
// Source: https://kubernetes.io/docs/concepts/services-networking/service/#avoid-nodeport-collisions
func (p *ports) reserved() int32 {
	if p.span.Size <= 16 {
		return 0
	}
	return int32(min(max(16, p.span.Size/32), 128)) //nolint:gosec // at most 128
}

func ownerOf(s *corev1.Service) string { return s.Namespace + "/" + s.Name }

// take claims one port for the service.
func (p *ports) take(ctx context.Context, port int32, s *corev1.Service) error {
	if err := p.inRange(port); err != nil {
		return err
	}
	ok, err := p.claims.Take(ctx, strconv.Itoa(int(port)), claimant(s))
	if err == nil && !ok {
		err = errPortTaken
	}
	return err
}

// claimant makes each write another owner, so that two writes of one service do
// not share what only one of them gives back.
func claimant(s *corev1.Service) string {
	return ownerOf(s) + " " + strconv.FormatUint(rand.Uint64(), 36)
}

func (p *ports) takeAny(ctx context.Context, s *corev1.Service) (int32, error) {
	first := int32(p.span.Base) + p.reserved() //nolint:gosec // a port
	for range guesses {
		port := first + rand.Int32N(p.last()-first+1)
		if err := p.take(ctx, port, s); !errors.Is(err, errPortTaken) {
			return port, err
		}
	}
	for {
		port, err := p.free(ctx)
		if err != nil {
			return 0, err
		}
		if err := p.take(ctx, port, s); !errors.Is(err, errPortTaken) {
			return port, err
		}
	}
}

// mayTake is take without its effect.
func (p *ports) mayTake(ctx context.Context, port int32) error {
	if err := p.inRange(port); err != nil {
		return err
	}
	taken, err := p.claims.Taken(ctx)
	if err != nil {
		return err
	}
	if _, ok := taken[strconv.Itoa(int(port))]; ok {
		return errPortTaken
	}
	return nil
}

// free returns a port that nobody has now, the highest ones first, and none of those that are spoken for.
func (p *ports) free(ctx context.Context, spoken ...int32) (int32, error) {
	taken, err := p.claims.Taken(ctx)
	if err != nil {
		return 0, err
	}
	for port := p.last(); p.span.Contains(int(port)); port-- {
		if _, ok := taken[strconv.Itoa(int(port))]; !ok && !slices.Contains(spoken, port) {
			return port, nil
		}
	}
	return 0, errFull
}

// freeAll gives the claims of a service back; what cannot be deleted now is found by the next repair.
func (p *ports) freeAll(ctx context.Context, s *corev1.Service, list []int32) {
	for _, port := range list {
		if p.claims.Free(ctx, strconv.Itoa(int(port)), func(c storage.Claim) bool { return isClaimant(c, s) }) == nil {
			measured().portsFreed(1)
		}
	}
}

// isClaimant says whether the port was claimed for the service.
func isClaimant(c storage.Claim, s *corev1.Service) bool {
	owner, _, _ := strings.Cut(c.Owner, " ")
	return owner == ownerOf(s)
}

func (p *ports) inRange(port int32) error {
	if !p.span.Contains(int(port)) {
		return fmt.Errorf("provided port is not in the valid range. The range of valid ports is %v", p.span)
	}
	return nil
}
