package openapi

import (
	"bytes"
	"compress/gzip"
	"encoding/gob"
	"fmt"
	"io"
	"sync"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

// Types knows how lists and maps of the built-in kinds are merged, for
// server-side apply. Its schema is decoded at the first write.
type Types struct {
	load func() (managedfields.TypeConverter, error)
}

// NewTypes makes the converter of the kinds in the scheme.
func NewTypes(scheme *runtime.Scheme) *Types {
	return &Types{load: sync.OnceValues(func() (managedfields.TypeConverter, error) {
		b, err := static.ReadFile(typesFile)
		if err != nil {
			return nil, err
		}
		parser := &typed.Parser{}
		if err := DecodeSchema(bytes.NewReader(b), &parser.Schema); err != nil {
			return nil, err
		}
		return managedfields.NewSchemeTypeConverter(scheme, parser), nil
	})}
}

// ObjectToTyped implements managedfields.TypeConverter.
func (t *Types) ObjectToTyped(obj runtime.Object, opts ...typed.ValidationOptions) (*typed.TypedValue, error) {
	c, err := t.load()
	if err != nil {
		return nil, err
	}
	return c.ObjectToTyped(obj, opts...)
}

// TypedToObject implements managedfields.TypeConverter.
func (t *Types) TypedToObject(v *typed.TypedValue) (runtime.Object, error) {
	c, err := t.load()
	if err != nil {
		return nil, err
	}
	return c.TypedToObject(v)
}

// Values of defaults have these types; gob wants to know them.
func registerValues() {
	gob.Register(map[string]any{})
	gob.Register([]any{})
}

// EncodeSchema writes a schema as DecodeSchema reads it. JSON would not do: the
// field names of embedded types clash.
func EncodeSchema(w io.Writer, s *schema.Schema) error {
	registerValues()
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := gob.NewEncoder(z).Encode(s); err != nil {
		return fmt.Errorf("write schema of types: %w", err)
	}
	return z.Close()
}

// DecodeSchema reads a schema.
func DecodeSchema(r io.Reader, s *schema.Schema) error {
	registerValues()
	z, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("read schema of types: %w", err)
	}
	if err := gob.NewDecoder(z).Decode(s); err != nil {
		return fmt.Errorf("read schema of types: %w", err)
	}
	return nil
}
