// Package api declares every resource that the API server serves, one row each.
//
// The rows are the only place that names a resource. Storage, discovery,
// the printed columns and the OpenAPI documents are built from them.
package api

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/seatrial/seatrial/reference/api/columns"
)

// Scope says whether the objects of a resource live in a namespace.
type Scope bool

// The two scopes.
const (
	Namespaced Scope = false
	Cluster    Scope = true
)

// Resource is one row: how a kind is served and stored. A zero field means
// "the usual way". Objects passed to hooks are of the hub version; hooks
// never change old.
type Resource struct {
	Served   []schema.GroupVersion // served group-versions, the preferred one first
	Hub      schema.GroupVersion   // the group-version whose Go type is the hub; zero means Served[0]
	Storage  schema.GroupVersion   // the version written to etcd; zero means Hub
	Plural   string
	Singular string // zero means the lower-case Kind
	Kind     string

	Scope      Scope
	Short      []string
	Categories []string

	New     func() runtime.Object
	NewList func() runtime.Object

	Status         bool // serves /status; spec and status are written apart
	Scale          bool // serves /scale
	StatusOnCreate bool // POST may set status: a node registers with its own
	NoGeneration   bool // spec changes do not count metadata.generation

	TTL               time.Duration // objects are deleted after this time; zero means never
	NoCache           bool          // reads go to etcd, without a watch cache
	CreateOnUpdate    bool          // PUT creates a missing object
	ConditionalUpdate bool          // PUT must carry a resourceVersion
	NoCollection      bool          // deletecollection is not served

	ResetFields  []string // fields beyond status that a write of the object resets: server-side apply gives them no manager
	StatusResets []string // fields beyond spec that a write of /status resets

	DeleteReturnsObject bool // DELETE answers with the last state of the object; else with a Status

	// Fields returns the selectable fields beyond metadata.name and metadata.namespace.
	// FieldNames lists their names, for rejecting others.
	Fields     func(obj runtime.Object) fields.Set
	FieldNames []string
	Indexed    []string // fields with an index in the watch cache

	PrepareCreate       func(ctx context.Context, obj runtime.Object)
	PrepareUpdate       func(ctx context.Context, obj, old runtime.Object)
	PrepareStatusUpdate func(ctx context.Context, obj, old runtime.Object)

	Validate             func(ctx context.Context, obj runtime.Object) field.ErrorList
	ValidateUpdate       func(ctx context.Context, obj, old runtime.Object) field.ErrorList
	ValidateStatusUpdate func(ctx context.Context, obj, old runtime.Object) field.ErrorList

	// Complete sets, in an object that is found valid, what would else only be set when it is read back.
	Complete func(obj runtime.Object)

	// DeleteWarning is said when a delete does not name what becomes of dependents.
	DeleteWarning string

	// Warnings returns the warnings of a create (old is nil) or an update.
	Warnings func(ctx context.Context, obj, old runtime.Object) []string

	// Graceful sets the grace period of a delete and reports whether deletion is graceful.
	Graceful func(ctx context.Context, obj runtime.Object, opts *metav1.DeleteOptions) bool

	// OrphanByDefault makes DELETE without a policy orphan the dependents (ReplicationController in v1).
	OrphanByDefault bool

	Columns []Column
}

// Column is one column of kubectl get. A row that lists columns lists all of
// them, Name and Age included.
type Column = columns.Column
