package evidence

import (
	"encoding/json"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// lastApplied is where kubectl apply keeps the whole object, a Secret with its data.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// secretName fits the names of variables and fields whose values are secrets.
var secretName = regexp.MustCompile(`(?i)(?:password|passwd|passphrase|token|api[_-]?key|secret|private[_-]?key|access[_-]?key|client[_-]?key|client-key-data|credential)s?$`)

// manifest writes an object without what only machines read, and without secrets.
func manifest(object map[string]any) string {
	shown, err := copied(object)
	if err != nil {
		return err.Error()
	}
	if metadata, ok := shown["metadata"].(map[string]any); ok {
		delete(metadata, "managedFields")
	}
	conceal(shown)
	lines, err := yaml.Marshal(shown)
	if err != nil {
		return err.Error()
	}
	return Redact(string(lines))
}

func copied(object map[string]any) (map[string]any, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var shown map[string]any
	return shown, json.Unmarshal(text, &shown)
}

// conceal takes the secrets out of an object: the data of a Secret, what kubectl remembers of it, tokens, and variables by their names.
func conceal(object map[string]any) {
	if object["kind"] == "Secret" {
		for _, key := range []string{"data", "stringData"} {
			values, _ := object[key].(map[string]any)
			for name := range values {
				values[name] = redacted
			}
		}
	}
	metadata, _ := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	if _, ok := annotations[lastApplied]; ok {
		annotations[lastApplied] = redacted
	}
	concealIn(object)
}

func concealIn(value any) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			concealIn(element)
		}
	case map[string]any:
		named, _ := value["name"].(string)
		if text, ok := value["value"].(string); ok && text != "" && secretName.MatchString(named) {
			value["value"] = redacted
		}
		for key, inner := range value {
			if text, ok := inner.(string); ok && text != "" && concealed(key) {
				value[key] = redacted
			}
			concealIn(inner)
		}
	}
}

// concealed reports whether a field holds a secret by its name. A reference to a Secret is a name and stays.
func concealed(key string) bool {
	switch strings.ToLower(key) {
	case "secret", "credential", "credentials":
		return false
	}
	return secretName.MatchString(key)
}
