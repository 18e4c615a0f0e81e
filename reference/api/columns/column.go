// Package columns says what kubectl get prints for each kind: the columns, and
// how a cell is computed from the object.
package columns

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
)

// What a cell says when there is nothing to say.
const (
	none    = "<none>"
	unset   = "<unset>"
	unknown = "<unknown>"
)

// Column is one column of the Table form of a kind. A cell is a string, an
// int64 or a bool.
type Column struct {
	Name        string
	Type        string // OpenAPI type; zero means string
	Format      string
	Description string
	Wide        bool // shown with -o wide only
	Cell        func(obj runtime.Object) any
}

// object is a pointer type that is an API object with metadata.
type object[T any] interface {
	*T
	runtime.Object
	metav1.Object
}

// text is a string column of kind T.
func text[T any, P object[T]](name, description string, cell func(*T) string) Column {
	return column[T, P](name, "string", description, func(obj *T) any { return cell(obj) })
}

// number is an integer column of kind T.
func number[T any, P object[T]](name, description string, cell func(*T) int32) Column {
	return column[T, P](name, "integer", description, func(obj *T) any { return int64(cell(obj)) })
}

// boolean is a boolean column of kind T.
func boolean[T any, P object[T]](name, description string, cell func(*T) bool) Column {
	return column[T, P](name, "boolean", description, func(obj *T) any { return cell(obj) })
}

func column[T any, P object[T]](name, openAPIType, description string, cell func(*T) any) Column {
	return Column{Name: name, Type: openAPIType, Description: description, Cell: func(obj runtime.Object) any {
		return cell((*T)(obj.(P)))
	}}
}

// declared gives a column another type than its cells have, as upstream declares it.
func declared(openAPIType string, c Column) Column {
	c.Type = openAPIType
	return c
}

// named starts the columns of kind T with its name.
func named[T any, P object[T]](columns ...Column) []Column {
	return append([]Column{nameColumn[T, P](func(obj *T) string { return P(obj).GetName() })}, columns...)
}

// nameColumn is a Name column that prints more than the name.
func nameColumn[T any, P object[T]](cell func(*T) string) Column {
	c := text[T, P]("Name", "Name of the object, unique in its namespace.", cell)
	c.Format = "name"
	return c
}

// age is the Age column of kind T.
func age[T any, P object[T]]() Column {
	return text[T, P]("Age", "Time since the object was created.", func(obj *T) string {
		return since(P(obj).GetCreationTimestamp().Time)
	})
}

// wide makes a column appear with -o wide only.
func wide(c Column) Column {
	c.Wide = true
	return c
}

// since is the time passed since t, in the short form of kubectl.
func since(t time.Time) string {
	if t.IsZero() {
		return unknown
	}
	return duration.HumanDuration(time.Since(t))
}
