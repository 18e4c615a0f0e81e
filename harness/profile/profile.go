// Package profile reads the parts of the specification that have a name: those of the kit, and those that users write.
package profile

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/harness/spec"
)

//go:embed *.yaml
var builtin embed.FS

// Profile is a part of the specification. A cluster fulfils it when all of its behaviours pass but the optional ones.
type Profile struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Extends is the name or the file of a profile whose behaviours this one narrows with Tags, and adds to with Required and Optional.
	Extends string `json:"extends,omitempty"`
	// Tags is a tag expression, see spec.ParseSelector. Empty keeps all of what is extended, or without that, the whole specification.
	Tags string `json:"tags,omitempty"`
	// Required and Optional are ids, or patterns of ids. Both take part whatever the tags say; what is optional may be unsupported or not run.
	Required []string `json:"required,omitempty"`
	Optional []string `json:"optional,omitempty"`
	// Parallel and Deadline are used when the command line says nothing.
	Parallel int              `json:"parallel,omitempty"`
	Deadline *metav1.Duration `json:"deadline,omitempty"`

	base     *Profile
	selector spec.Selector
	file     string // where it was read from; empty for those of the kit
}

// Names lists the profiles of the kit, the narrowest first.
func Names() []string { return []string{"api-only", "namespaced", "core", "full"} }

// Load reads a profile of the kit by its name, or that of a file by its path.
func Load(nameOrFile string) (*Profile, error) { return load(nameOrFile, nil) }

// load keeps the profiles that led here, to find circles.
func load(nameOrFile string, from []string) (*Profile, error) {
	data, id, err := read(nameOrFile)
	if err != nil {
		return nil, err
	}
	if slices.Contains(from, id) {
		return nil, fmt.Errorf("read profile %s: it extends itself: %s", from[0], strings.Join(append(from, id), " -> "))
	}
	p, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("read profile %s: %w", id, err)
	}
	if isFile(nameOrFile) {
		p.file = nameOrFile
	}
	if p.Extends == "" {
		return p, nil
	}
	base := p.Extends
	if isFile(base) && p.file != "" && !filepath.IsAbs(base) {
		base = filepath.Join(filepath.Dir(p.file), base)
	}
	if p.base, err = load(base, append(from, id)); err != nil {
		return nil, fmt.Errorf("read profile %s: %w", id, err)
	}
	return p, nil
}

// isFile reports whether the word is the path of a file rather than the name of a profile.
func isFile(word string) bool {
	return strings.ContainsAny(word, `/\`) || slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(word))
}

func read(nameOrFile string) (data []byte, id string, err error) {
	if isFile(nameOrFile) {
		data, err := os.ReadFile(nameOrFile)
		if err != nil {
			return nil, "", fmt.Errorf("read profile: %w", err)
		}
		return data, filepath.Clean(nameOrFile), nil
	}
	if !slices.Contains(Names(), nameOrFile) {
		return nil, "", fmt.Errorf("read profile: there is no profile %q; there are %s, and those in files that you name by their path, such as ./mine.yaml", nameOrFile, strings.Join(Names(), ", "))
	}
	data, err = builtin.ReadFile(nameOrFile + ".yaml")
	return data, nameOrFile, err
}

func parse(data []byte) (*Profile, error) {
	p := &Profile{}
	if err := yaml.UnmarshalStrict(data, p); err != nil {
		return nil, errors.New(strings.TrimPrefix(strings.TrimPrefix(err.Error(), "error unmarshaling JSON: "), "while decoding JSON: "))
	}
	var err error
	if p.selector, err = spec.ParseSelector(p.Tags); err != nil {
		return nil, err
	}
	switch {
	case p.Name == "":
		return nil, errors.New("name is missing")
	case strings.ContainsAny(p.Name, " \t\n/"):
		return nil, fmt.Errorf("name %q must be one word without slashes", p.Name)
	case p.Description == "":
		return nil, errors.New("description is missing: one sentence on what the profile is for")
	case p.Parallel < 0:
		return nil, fmt.Errorf("parallel is %d, want at least 1", p.Parallel)
	case p.Deadline != nil && p.Deadline.Duration <= 0:
		return nil, fmt.Errorf("deadline is %s, want more than 0", p.Deadline.Duration)
	}
	for _, pattern := range append(slices.Clone(p.Required), p.Optional...) {
		if _, err := spec.ParseSelector(pattern); err != nil || strings.ContainsAny(pattern, " @,&|()~!") || pattern == "" {
			return nil, fmt.Errorf("%q is not the id of a behaviour, nor a pattern of ids such as network.services.*", pattern)
		}
	}
	for _, id := range p.Required {
		if slices.Contains(p.Optional, id) {
			return nil, fmt.Errorf("%q is both required and optional", id)
		}
	}
	return p, nil
}

// Selects reports whether the behaviour is part of the profile.
func (p *Profile) Selects(s spec.Scenario) bool {
	if named(p.Required, s) || named(p.Optional, s) {
		return true
	}
	return p.selector(s) && (p.base == nil || p.base.Selects(s))
}

// IsOptional reports whether the cluster fulfils the profile without the behaviour. What a profile says goes before what it extends says.
func (p *Profile) IsOptional(s spec.Scenario) bool {
	switch {
	case named(p.Required, s):
		return false
	case named(p.Optional, s):
		return true
	}
	return p.base != nil && p.base.IsOptional(s)
}

// Check refuses a profile that names behaviours which the specification does not have, or that has none at all.
func (p *Profile) Check(all []spec.Scenario) error {
	for q := p; q != nil; q = q.base {
		for _, pattern := range append(slices.Clone(q.Required), q.Optional...) {
			if !slices.ContainsFunc(all, func(s spec.Scenario) bool { return named([]string{pattern}, s) }) {
				return fmt.Errorf("profile %s: no behaviour has the id %q; see seatrial list", q.Name, pattern)
			}
		}
	}
	if !slices.ContainsFunc(all, p.Selects) {
		return fmt.Errorf("profile %s: it selects no behaviour", p.Name)
	}
	return nil
}

// Pace is how many behaviours run side by side and how long one may take, as far as the profile or what it extends says so; else 0.
func (p *Profile) Pace() (parallel int, deadline time.Duration) {
	if p.base != nil {
		parallel, deadline = p.base.Pace()
	}
	if p.Parallel > 0 {
		parallel = p.Parallel
	}
	if p.Deadline != nil {
		deadline = p.Deadline.Duration
	}
	return parallel, deadline
}

// named reports whether one of the patterns fits the id of the behaviour.
func named(patterns []string, s spec.Scenario) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		selects, err := spec.ParseSelector(pattern)
		return err == nil && selects(s)
	})
}
