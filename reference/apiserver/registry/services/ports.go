package services

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/apiserver/storage"
)

// The range of node ports, and how much of its start is left for users to choose from.
// Source: https://kubernetes.io/docs/concepts/services-networking/service/#avoid-nodeport-collisions
const (
	firstPort    = 30000
	lastPort     = 32767
	reservedPort = 86
)

var errPortTaken = errors.New("provided port is already allocated")

// ports allocates node ports.
type ports struct{ claims *storage.Claims }

func ownerOf(s *corev1.Service) string { return s.Namespace + "/" + s.Name }

// take claims one port for the service.
func (p *ports) take(ctx context.Context, port int32, s *corev1.Service) error {
	if err := inPortRange(port); err != nil {
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
	for range guesses {
		port := firstPort + reservedPort + rand.Int32N(lastPort-firstPort-reservedPort+1)
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
	if err := inPortRange(port); err != nil {
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
	for port := int32(lastPort); port >= firstPort; port-- {
		if _, ok := taken[strconv.Itoa(int(port))]; !ok && !slices.Contains(spoken, port) {
			return port, nil
		}
	}
	return 0, errFull
}

// freeAll gives claims back; what cannot be deleted now is found by the next repair.
func (p *ports) freeAll(ctx context.Context, list []int32) {
	for _, port := range list {
		_ = p.claims.Free(ctx, strconv.Itoa(int(port)))
	}
}

func inPortRange(port int32) error {
	if port < firstPort || port > lastPort {
		return fmt.Errorf("provided port is not in the valid range. The range of valid ports is %d-%d", firstPort, lastPort)
	}
	return nil
}
