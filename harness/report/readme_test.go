package report_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/verdict"
)

func TestTheReadmeKnowsEveryFileFieldAndVerdict(t *testing.T) {
	text, err := os.ReadFile("../../reports/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range report.Formats() {
		if format.File != "" && !strings.Contains(string(text), "| `"+format.File+"` |") {
			t.Errorf("the file %s is missing", format.File)
		}
	}
	for _, v := range verdict.All() {
		if !strings.Contains(string(text), "\n| "+string(v)+" |") {
			t.Errorf("the verdict %s is missing", v)
		}
	}
	for _, field := range fields(reflect.TypeFor[report.Document]()) {
		if !strings.Contains(string(text), "`"+field+"`") && !strings.Contains(string(text), "`"+field+"[]`") {
			t.Errorf("the field %s of report.json is missing", field)
		}
	}
}

// fields lists the names that a type has in JSON, and below it.
func fields(of reflect.Type) []string {
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice:
		return fields(of.Elem())
	case reflect.Struct:
	default:
		return nil
	}
	var names []string
	for field := range of.Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
			names = append(append(names, name), fields(field.Type)...)
		}
	}
	return names
}
