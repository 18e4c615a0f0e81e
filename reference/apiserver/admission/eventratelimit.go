package admission

import (
	"context"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/utils/lru"
)

// What a limit of events counts apart.
const (
	limitServer          = "Server"
	limitNamespace       = "Namespace"
	limitUser            = "User"
	limitSourceAndObject = "SourceAndObject"
)

// defaultEventKeys is how many namespaces, users or objects a limit remembers
// that does not say so.
const defaultEventKeys = 4096

// eventLimit is one limit of the configuration.
// Source: https://kubernetes.io/docs/reference/config-api/apiserver-eventratelimit.v1alpha1/
type eventLimit struct {
	Type      string `json:"type"`
	QPS       int32  `json:"qps"`       // events per second
	Burst     int32  `json:"burst"`     // events at once
	CacheSize int32  `json:"cacheSize"` // keys; 0 means the default
}

// eventRateLimit bounds how fast events are written.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#eventratelimit
type eventRateLimit struct {
	*admission.Handler
	limits []*eventBuckets
}

func newEventRateLimit(e env) (admission.Interface, error) {
	var config struct {
		Limits []eventLimit `json:"limits"`
	}
	kind := schema.GroupVersionKind{Group: "eventratelimit.admission.k8s.io", Version: "v1alpha1", Kind: "Configuration"}
	if err := decode(e.config, kind, &config); err != nil {
		return nil, err
	}
	if errs := validateEventLimits(config.Limits); len(errs) > 0 {
		return nil, errs.ToAggregate()
	}
	p := &eventRateLimit{Handler: admission.NewHandler(admission.Create, admission.Update)}
	for _, l := range config.Limits {
		p.limits = append(p.limits, newEventBuckets(l))
	}
	return p, nil
}

func validateEventLimits(limits []eventLimit) field.ErrorList {
	path := field.NewPath("limits")
	if len(limits) == 0 {
		return field.ErrorList{field.Invalid(path, limits, "must not be empty")}
	}
	var errs field.ErrorList
	for i, l := range limits {
		at := path.Index(i)
		switch l.Type {
		case limitServer, limitNamespace, limitUser, limitSourceAndObject:
		default:
			errs = append(errs, field.NotSupported(at.Child("type"), l.Type, []string{limitSourceAndObject, limitServer, limitNamespace, limitUser}))
		}
		if l.Burst <= 0 {
			errs = append(errs, field.Invalid(at.Child("burst"), l.Burst, "must be positive"))
		}
		if l.QPS <= 0 {
			errs = append(errs, field.Invalid(at.Child("qps"), l.QPS, "must be positive"))
		}
		if l.CacheSize < 0 {
			errs = append(errs, field.Invalid(at.Child("cacheSize"), l.CacheSize, "must not be negative"))
		}
	}
	return errs
}

// Validate implements admission.ValidationInterface. An event is counted by
// every limit, those that refuse it included. Events of events.k8s.io are not
// limited, nor are dry runs.
func (p *eventRateLimit) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "events") || a.IsDryRun() {
		return nil
	}
	var errs []error
	for _, l := range p.limits {
		key, err := l.key(a)
		if err != nil {
			return err
		}
		if !l.accept(key) {
			errs = append(errs, fmt.Errorf("limit reached on type %v for key %v", l.limit.Type, key))
		}
	}
	if err := utilerrors.NewAggregate(errs); err != nil {
		return apierrors.NewTooManyRequestsError(err.Error())
	}
	return nil
}

// eventBuckets holds one token bucket per key, the most recent keys only.
type eventBuckets struct {
	limit   eventLimit
	mu      sync.Mutex // makes one bucket per key
	buckets *lru.Cache
}

func newEventBuckets(l eventLimit) *eventBuckets {
	size := int(l.CacheSize)
	if size == 0 {
		size = defaultEventKeys
	}
	return &eventBuckets{limit: l, buckets: lru.New(size)}
}

// key is what a limit counts a request for.
func (b *eventBuckets) key(a admission.Attributes) (string, error) {
	switch b.limit.Type {
	case limitNamespace:
		return a.GetNamespace(), nil
	case limitUser:
		return a.GetUserInfo().GetName(), nil
	case limitSourceAndObject:
		e, err := object[*corev1.Event](a)
		if err != nil {
			return "", err
		}
		o := e.InvolvedObject
		return strings.Join([]string{e.Source.Component, e.Source.Host, o.Kind, o.Namespace, o.Name, string(o.UID), o.APIVersion}, ""), nil
	}
	return "", nil
}

// accept takes a token from the bucket of a key.
func (b *eventBuckets) accept(key string) bool {
	b.mu.Lock()
	bucket, ok := b.buckets.Get(key)
	if !ok {
		bucket = flowcontrol.NewTokenBucketPassiveRateLimiter(float32(b.limit.QPS), int(b.limit.Burst))
		b.buckets.Add(key, bucket)
	}
	b.mu.Unlock()
	return bucket.(flowcontrol.PassiveRateLimiter).TryAccept() //nolint:forcetypeassert // nothing else is in the cache
}
