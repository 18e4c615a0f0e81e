// Package nodeipam gives every node without one a pod CIDR of its own.
package nodeipam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
)

// Sizes of the CIDR of a node.
const (
	bits4 = 24
	bits6 = 64
)

var errFull = errors.New("no free pod CIDR is left")

// New declares the controller. Nodes get their CIDRs from pool.
func New(env controller.Env, pool netip.Prefix) (controller.Controller, error) {
	bits := bits4
	if pool.Addr().Is6() {
		bits = bits6
	}
	if pool.Bits() > bits {
		return controller.Controller{}, fmt.Errorf("allocate pod CIDRs: pool %s has no room for a /%d", pool, bits)
	}
	nodes := env.Informers.Core().V1().Nodes()
	r := &reconciler{
		client: env.Client, events: env.Recorder("cidrAllocator"), nodes: nodes.Lister(), pool: pool.Masked(), bits: bits, given: map[netip.Prefix]string{},
	}
	return controller.Controller{
		Name:      "node-ipam",
		Watches:   []controller.Watch{{Informer: nodes.Informer()}},
		Reconcile: r.reconcile,
	}, nil
}

type reconciler struct {
	client kubernetes.Interface
	events record.EventRecorder
	nodes  corelisters.NodeLister
	pool   netip.Prefix
	bits   int

	mu    sync.Mutex
	given map[netip.Prefix]string // not yet in the informer, by node
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	node, err := r.nodes.Get(key.Name)
	if apierrors.IsNotFound(err) || err == nil && node.Spec.PodCIDR != "" {
		r.settle(key.Name)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	all, err := r.nodes.List(labels.Everything())
	if err != nil {
		return 0, err
	}
	free, err := plan(r.pool, r.bits, all, r.given)
	if err != nil {
		r.events.Event(node, corev1.EventTypeNormal, "CIDRNotAvailable", "Node "+node.Name+" status is now: CIDRNotAvailable")
		return 0, fmt.Errorf("allocate pod CIDR: %w", err)
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": node.ResourceVersion},
		"spec":     map[string]any{"podCIDR": free.String(), "podCIDRs": []string{free.String()}},
	})
	if err != nil {
		return 0, fmt.Errorf("encode pod CIDR: %w", err)
	}
	if _, err := r.client.CoreV1().Nodes().Patch(ctx, node.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return 0, fmt.Errorf("set pod CIDR: %w", err)
	}
	r.given[free] = node.Name
	return 0, nil
}

// settle forgets what the informer knows by now.
func (r *reconciler) settle(node string) {
	for prefix, name := range r.given {
		if name == node {
			delete(r.given, prefix)
		}
	}
}

// plan returns the first CIDR that no node has.
func plan(pool netip.Prefix, bits int, nodes []*corev1.Node, given map[netip.Prefix]string) (netip.Prefix, error) {
	used := map[netip.Prefix]bool{}
	for prefix := range given {
		used[prefix] = true
	}
	for _, n := range nodes {
		for _, s := range append([]string{n.Spec.PodCIDR}, n.Spec.PodCIDRs...) {
			if prefix, err := netip.ParsePrefix(s); err == nil {
				used[prefix.Masked()] = true
			}
		}
	}
	for i := range int64(1) << min(bits-pool.Bits(), 62) {
		if prefix := nth(pool, bits, i); !overlaps(used, prefix) {
			return prefix, nil
		}
	}
	return netip.Prefix{}, errFull
}

func overlaps(used map[netip.Prefix]bool, prefix netip.Prefix) bool {
	if used[prefix] {
		return true
	}
	for u := range used {
		if u.Bits() != prefix.Bits() && u.Overlaps(prefix) {
			return true
		}
	}
	return false
}

// nth is the CIDR number i of the pool.
func nth(pool netip.Prefix, bits int, i int64) netip.Prefix {
	width := pool.Addr().BitLen()
	base := new(big.Int).SetBytes(pool.Addr().AsSlice())
	base.Add(base, new(big.Int).Lsh(big.NewInt(i), uint(width-bits)))
	addr, _ := netip.AddrFromSlice(base.FillBytes(make([]byte, width/8)))
	return netip.PrefixFrom(addr, bits)
}
