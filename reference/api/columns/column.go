// Package columns says what kubectl get prints for each kind: the columns, and
// how a cell is computed from the object.
package columns

import (
	"k8s.io/apimachinery/pkg/runtime"
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

// object is a pointer type that is an API object.
type object[T any] interface {
	*T
	runtime.Object
}

// text is a string column of kind T.
func text[T any, P object[T]](name, description string, cell func(*T) string) Column {
	return Column{Name: name, Description: description, Cell: func(obj runtime.Object) any {
		return cell((*T)(obj.(P)))
	}}
}

// integer is an integer column of kind T.
func integer[T any, P object[T]](name, description string, cell func(*T) int64) Column {
	return Column{Name: name, Type: "integer", Description: description, Cell: func(obj runtime.Object) any {
		return cell((*T)(obj.(P)))
	}}
}

// boolean is a boolean column of kind T.
func boolean[T any, P object[T]](name, description string, cell func(*T) bool) Column {
	return Column{Name: name, Type: "boolean", Description: description, Cell: func(obj runtime.Object) any {
		return cell((*T)(obj.(P)))
	}}
}

// wide shows columns only with -o wide.
func wide(columns ...Column) []Column {
	for i := range columns {
		columns[i].Wide = true
	}
	return columns
}
