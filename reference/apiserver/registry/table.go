package registry

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/api"
)

// tableConvertor prints the columns of a row; a row without columns prints name and creation time.
func tableConvertor(row api.Resource) rest.TableConvertor {
	if len(row.Columns) == 0 {
		return rest.NewDefaultTableConvertor(schema.GroupResource{Group: Hub(row).Group, Resource: row.Plural})
	}
	return NewTable(row.Columns)
}

// NewTable prints the given columns.
func NewTable(columns []api.Column) rest.TableConvertor { return table{columns: columns} }

type table struct{ columns []api.Column }

func (t table) ConvertToTable(_ context.Context, obj, options runtime.Object) (*metav1.Table, error) {
	out := &metav1.Table{Rows: []metav1.TableRow{}}
	addRow := func(item runtime.Object) error {
		cells := make([]any, len(t.columns))
		for i, c := range t.columns {
			cells[i] = c.Cell(item)
		}
		out.Rows = append(out.Rows, metav1.TableRow{Cells: cells, Object: runtime.RawExtension{Object: item}})
		return nil
	}
	if list, err := meta.ListAccessor(obj); err == nil {
		out.ResourceVersion, out.Continue = list.GetResourceVersion(), list.GetContinue()
		out.RemainingItemCount = list.GetRemainingItemCount()
		if err := meta.EachListItem(obj, addRow); err != nil {
			return nil, err
		}
	} else {
		if m, err := meta.CommonAccessor(obj); err == nil {
			out.ResourceVersion = m.GetResourceVersion()
		}
		if err := addRow(obj); err != nil {
			return nil, err
		}
	}
	if o, ok := options.(*metav1.TableOptions); !ok || !o.NoHeaders {
		out.ColumnDefinitions = t.definitions()
	}
	return out, nil
}

func (t table) definitions() []metav1.TableColumnDefinition {
	defs := make([]metav1.TableColumnDefinition, len(t.columns))
	for i, c := range t.columns {
		defs[i] = metav1.TableColumnDefinition{Name: c.Name, Type: c.Type, Format: c.Format, Description: c.Description}
		if c.Type == "" {
			defs[i].Type = "string"
		}
		if c.Wide {
			defs[i].Priority = 1
		}
	}
	return defs
}
