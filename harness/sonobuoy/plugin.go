package sonobuoy

import (
	"cmp"
	"fmt"
	"regexp"

	"sigs.k8s.io/yaml"
)

// Definition says which plugin to describe.
type Definition struct {
	// Name is the name of the plugin; empty means PluginName.
	Name string
	// Image holds the kit as /seatrial.
	Image string
	// Profile is what the plugin runs; empty means everything.
	Profile string
	// Args are further flags of `seatrial run`.
	Args []string
}

// manifest is the form of a plugin definition: https://sonobuoy.io/docs/main/plugins/.
type manifest struct {
	Config       pluginConfig `json:"sonobuoy-config"`
	Spec         container    `json:"spec"`
	ExtraVolumes []volume     `json:"extra-volumes"`
}

type pluginConfig struct {
	Driver       string   `json:"driver"`
	PluginName   string   `json:"plugin-name"`
	ResultFormat string   `json:"result-format"`
	ResultFiles  []string `json:"result-files"`
	Description  string   `json:"description"`
	SourceURL    string   `json:"source-url"`
}

// container is the part of a Kubernetes container that the plugin needs.
type container struct {
	Name            string          `json:"name"`
	Image           string          `json:"image,omitempty"`
	Command         []string        `json:"command"`
	Args            []string        `json:"args"`
	Env             []variable      `json:"env"`
	SecurityContext securityContext `json:"securityContext"`
	VolumeMounts    []volumeMount   `json:"volumeMounts"`
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type securityContext struct {
	RunAsNonRoot             bool                `json:"runAsNonRoot"`
	RunAsUser                int64               `json:"runAsUser"`
	AllowPrivilegeEscalation bool                `json:"allowPrivilegeEscalation"`
	ReadOnlyRootFilesystem   bool                `json:"readOnlyRootFilesystem"`
	Capabilities             map[string][]string `json:"capabilities"`
	SeccompProfile           map[string]string   `json:"seccompProfile"`
}

type volumeMount struct {
	Name      string `json:"name"`
	MountPath string `json:"mountPath"`
}

type volume struct {
	Name     string   `json:"name"`
	EmptyDir struct{} `json:"emptyDir"`
}

// scratch is the one place beside the results where the plugin writes: its image has no /tmp.
const scratch = "/scratch"

// newManifest describes the plugin. Its pod meets the restricted Pod Security Standard.
func newManifest(d Definition) manifest {
	args := []string{"run", "--sonobuoy"}
	if d.Profile != "" {
		args = append(args, "--profile", d.Profile)
	}
	return manifest{
		Config: pluginConfig{
			Driver: "Job", PluginName: cmp.Or(d.Name, PluginName), ResultFormat: "manual", ResultFiles: []string{resultsName},
			Description: "Does this cluster behave as Kubernetes is documented to behave?", SourceURL: "https://github.com/seatrial/seatrial",
		},
		Spec: container{
			Name: "plugin", Image: d.Image, Command: []string{"/seatrial"}, Args: append(args, d.Args...),
			Env: []variable{{"TMPDIR", scratch}, {"HOME", scratch}},
			SecurityContext: securityContext{
				RunAsNonRoot: true, RunAsUser: 65532, ReadOnlyRootFilesystem: true,
				Capabilities: map[string][]string{"drop": {"ALL"}}, SeccompProfile: map[string]string{"type": "RuntimeDefault"},
			},
			VolumeMounts: []volumeMount{{"results", defaultResultsDir}, {"scratch", scratch}},
		},
		ExtraVolumes: []volume{{Name: "scratch"}},
	}
}

// YAML is the definition as `sonobuoy run --plugin` takes it, with a word on how to use it and what it may do.
func (d Definition) YAML() ([]byte, error) {
	// Sonobuoy makes names of objects and paths out of it, and keeps one name for itself.
	if name := cmp.Or(d.Name, PluginName); !regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$`).MatchString(name) || name == "sonobuoy" {
		return nil, fmt.Errorf("name plugin %q: it must be lower case letters, digits and hyphens, at most 40 of them, and not \"sonobuoy\"", name)
	}
	if d.Image == "" {
		return nil, fmt.Errorf("describe plugin: it needs the name of an image that holds the kit as /seatrial")
	}
	body, err := yaml.Marshal(newManifest(d))
	if err != nil {
		return nil, fmt.Errorf("describe plugin: %w", err)
	}
	rights := "seatrial rbac"
	if d.Profile != "" {
		rights += " --profile " + d.Profile
	}
	return append([]byte(fmt.Sprintf(preamble, rights)), body...), nil
}

const preamble = `# Seatrial as a plugin of Sonobuoy:
#   seatrial sonobuoy plugin > seatrial.yaml
#   sonobuoy run --plugin seatrial.yaml --wait && sonobuoy results $(sonobuoy retrieve)
# The image must be where the nodes can pull it. The plugin speaks to the cluster that it runs in, as the
# ServiceAccount sonobuoy-serviceaccount that Sonobuoy makes; that is cluster-admin unless Sonobuoy is told
# otherwise (--aggregator-permissions, or --existing-service-account with the rights that this prints):
#   %s
`
