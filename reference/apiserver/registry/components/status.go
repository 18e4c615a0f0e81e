// Package components serves componentstatuses: the health of the control plane
// as it is at the moment of the request.
package components

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/api"
	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// checkTimeout bounds one check.
const checkTimeout = 5 * time.Second

// Check reports the health of one component; the error says what is wrong.
type Check func(context.Context) error

// Statuses is componentstatuses.
type Statuses struct {
	rest.TableConvertor
	checks map[string]Check
}

// NewStatuses serves the components with the given names.
func NewStatuses(checks map[string]Check) *Statuses {
	return &Statuses{TableConvertor: registry.NewTable(columns()), checks: checks}
}

// columns are those of upstream.
func columns() []api.Column {
	of := func(f func(corev1.ComponentCondition) any) func(runtime.Object) any {
		return func(obj runtime.Object) any { return f(obj.(*corev1.ComponentStatus).Conditions[0]) }
	}
	return []api.Column{
		{Name: "Name", Format: "name", Cell: func(obj runtime.Object) any { return obj.(*corev1.ComponentStatus).Name }},
		{Name: "Status", Cell: of(func(c corev1.ComponentCondition) any {
			if c.Status == corev1.ConditionTrue {
				return "Healthy"
			}
			return "Unhealthy"
		})},
		{Name: "Message", Cell: of(func(c corev1.ComponentCondition) any { return c.Message })},
		{Name: "Error", Cell: of(func(c corev1.ComponentCondition) any { return c.Error })},
	}
}

// New implements rest.Storage.
func (*Statuses) New() runtime.Object { return &corev1.ComponentStatus{} }

// Destroy implements rest.Storage.
func (*Statuses) Destroy() {}

// NewList implements rest.Lister.
func (*Statuses) NewList() runtime.Object { return &corev1.ComponentStatusList{} }

// NamespaceScoped implements rest.Scoper.
func (*Statuses) NamespaceScoped() bool { return false }

// GetSingularName implements rest.SingularNameProvider.
func (*Statuses) GetSingularName() string { return "componentstatus" }

// ShortNames implements rest.ShortNamesProvider.
func (*Statuses) ShortNames() []string { return []string{"cs"} }

// Get implements rest.Getter.
func (s *Statuses) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	check, ok := s.checks[name]
	if !ok {
		return nil, apierrors.NewNotFound(corev1.Resource("componentstatus"), name)
	}
	status := statusOf(ctx, name, check)
	return &status, nil
}

// List implements rest.Lister.
func (s *Statuses) List(ctx context.Context, options *metainternal.ListOptions) (runtime.Object, error) {
	list := &corev1.ComponentStatusList{Items: []corev1.ComponentStatus{}}
	for name, check := range s.checks {
		if selected(name, options) {
			list.Items = append(list.Items, statusOf(ctx, name, check))
		}
	}
	slices.SortFunc(list.Items, func(a, b corev1.ComponentStatus) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// selected: a status has no labels, and its name is its only field.
func selected(name string, o *metainternal.ListOptions) bool {
	if o == nil {
		return true
	}
	return (o.LabelSelector == nil || o.LabelSelector.Matches(labels.Set{})) &&
		(o.FieldSelector == nil || o.FieldSelector.Matches(fields.Set{"metadata.name": name}))
}

func statusOf(ctx context.Context, name string, check Check) corev1.ComponentStatus {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	c := corev1.ComponentCondition{Type: corev1.ComponentHealthy, Status: corev1.ConditionTrue, Message: "ok"}
	if err := check(ctx); err != nil {
		c.Status, c.Message, c.Error = corev1.ConditionFalse, "", err.Error()
	}
	return corev1.ComponentStatus{ObjectMeta: metav1.ObjectMeta{Name: name}, Conditions: []corev1.ComponentCondition{c}}
}
