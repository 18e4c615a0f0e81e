package admission

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"sigs.k8s.io/yaml"
)

// readConfiguration reads the file of --admission-control-config-file, an
// AdmissionConfiguration; none is like an empty one.
// Source: https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/#apiserver-config-k8s-io-v1-AdmissionConfiguration
func readConfiguration(plugins []string, file string) (admission.ConfigProvider, error) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	config, err := admission.ReadAdmissionConfiguration(plugins, file, scheme)
	if err != nil {
		return nil, fmt.Errorf("read --admission-control-config-file: %w", err)
	}
	if err := checkPaths(plugins, file); err != nil {
		return nil, fmt.Errorf("read --admission-control-config-file: %w", err)
	}
	return config, nil
}

// checkPaths opens the files that the configuration names for plugins that are
// on: the library ends the process when one is not there.
func checkPaths(plugins []string, file string) error {
	if file == "" {
		return nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var config apiserverv1.AdmissionConfiguration
	if err := yaml.Unmarshal(data, &config); err != nil {
		return fmt.Errorf("decode %q: %w", file, err)
	}
	on := map[string]bool{}
	for _, name := range plugins {
		on[name] = true
	}
	for _, p := range config.Plugins {
		if p.Path == "" || p.Configuration != nil || !on[p.Name] {
			continue
		}
		path := p.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(file), path)
		}
		if _, err := os.ReadFile(path); err != nil {
			return fmt.Errorf("configure plugin %q: %w", p.Name, err)
		}
	}
	return nil
}

// decode reads the configuration of a plugin, which must be of a kind. Fields
// that are not known are ignored, as upstream does. Without a configuration
// into keeps its zero value.
func decode(config io.Reader, want schema.GroupVersionKind, into any) error {
	data, err := readAll(config)
	if err != nil || data == nil {
		return err
	}
	var is struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := yaml.Unmarshal(data, &is); err != nil {
		return fmt.Errorf("decode %s: %w", want.Kind, err)
	}
	if is.APIVersion != want.GroupVersion().String() || is.Kind != want.Kind {
		return fmt.Errorf("decode %s: want kind %q of version %q, got kind %q of version %q", want.Kind, want.Kind, want.GroupVersion(), is.Kind, is.APIVersion)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		return fmt.Errorf("decode %s: %w", want.Kind, err)
	}
	return nil
}

// readAll reads a configuration; nil means there is none.
func readAll(config io.Reader) ([]byte, error) {
	if config == nil {
		return nil, nil
	}
	data, err := io.ReadAll(config)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return data, nil
}
