//go:build generate

// Command generate makes the documents in ../static from the routes of a server
// and the definitions in ../definitions. Run it by go generate, in the folder above.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/kube-openapi/pkg/schemaconv"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/schema"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/openapi"
	"github.com/seatrial/seatrial/reference/apiserver/openapi/definitions"
	"github.com/seatrial/seatrial/reference/etcd"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "generate OpenAPI:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if err := writeTypes("static/types.gob.gz"); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "openapi")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	member, err := etcd.Start(ctx, etcd.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer member.Stop()
	docs, err := apiserver.Documents(ctx, apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready}, definitions.GetOpenAPIDefinitions)
	if err != nil {
		return err
	}
	if err := os.RemoveAll("static/v3"); err != nil {
		return err
	}
	for path, doc := range docs {
		if err := writeDocument(filepath.Join("static", path+".json.gz"), doc); err != nil {
			return err
		}
	}
	return nil
}

func writeDocument(file string, doc []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	var compact, zipped bytes.Buffer
	if err := json.Compact(&compact, doc); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	z, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(compact.Bytes()); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, zipped.Bytes(), 0o644)
}

// writeTypes writes the merge schema of all definitions.
func writeTypes(file string) error {
	models := map[string]*spec.Schema{}
	for name, d := range definitions.GetOpenAPIDefinitions(func(name string) spec.Ref {
		return spec.MustCreateRef("#/components/schemas/" + name)
	}) {
		s := d.Schema
		models[name] = &s
	}
	types, err := schemaconv.ToSchemaFromOpenAPI(models, false)
	if err != nil {
		return err
	}
	for i := range types.Types {
		if err := plainDefaults(&types.Types[i].Atom); err != nil {
			return err
		}
	}
	slices.SortFunc(types.Types, func(a, b schema.TypeDef) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	if err := openapi.EncodeSchema(&out, types); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// plainDefaults gives default values the types that JSON has, for gob, and
// fields an order that is the same in every run.
func plainDefaults(a *schema.Atom) error {
	if a.List != nil {
		if err := plainDefaults(&a.List.ElementType.Inlined); err != nil {
			return err
		}
	}
	if a.Map == nil {
		return nil
	}
	if err := plainDefaults(&a.Map.ElementType.Inlined); err != nil {
		return err
	}
	slices.SortFunc(a.Map.Fields, func(a, b schema.StructField) int { return strings.Compare(a.Name, b.Name) })
	for i := range a.Map.Fields {
		f := &a.Map.Fields[i]
		if err := plainDefaults(&f.Type.Inlined); err != nil {
			return err
		}
		if f.Default == nil {
			continue
		}
		b, err := json.Marshal(f.Default)
		if err != nil {
			return err
		}
		f.Default = nil
		if err := json.Unmarshal(b, &f.Default); err != nil {
			return err
		}
	}
	return nil
}
