package profile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/capability"
	"github.com/seatrial/seatrial/harness/profile"
	"github.com/seatrial/seatrial/harness/spec"
)

func scenario(id string, tags ...string) spec.Scenario { return spec.Scenario{ID: id, Tags: tags} }

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheProfilesOfTheKit(t *testing.T) {
	pages, err := spec.Load(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	all := spec.Scenarios(pages)
	sizes := map[string]int{}
	for _, name := range profile.Names() {
		p, err := profile.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Check(all); err != nil || p.Name != name {
			t.Errorf("%s: %v", p.Name, err)
		}
		sizes[name] = len(spec.Select(all, p.Selects))
	}
	t.Logf("sizes: %v", sizes)
	if sizes["full"] != len(all) || sizes["core"] >= sizes["full"] || sizes["api-only"] >= sizes["core"] || sizes["namespaced"] >= sizes["core"] {
		t.Errorf("sizes %v of %d behaviours", sizes, len(all))
	}
}

// What a profile leaves out it names by capability, so the names must be those that are detected.
func TestWhatTheProfilesOfTheKitLeaveOut(t *testing.T) {
	beyondCore := []string{
		capability.TwoNodes, capability.NetworkPolicy, capability.LoadBalancer, capability.DefaultStorageClass, capability.Metrics, capability.LinuxAMD64,
		capability.ClusterAdmin, capability.CompactedHistory, capability.DualStack, capability.NodeRestriction,
	}
	left := map[string][]string{
		"api-only":   append([]string{capability.Nodes, capability.RealContainers, capability.DNS}, beyondCore...),
		"namespaced": append([]string{capability.ClusterScope}, beyondCore...),
		"core":       beyondCore,
		"full":       {},
	}
	for name, without := range left {
		p, err := profile.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, need := range capability.Names() {
			wanted := !strings.Contains(" "+strings.Join(without, " ")+" ", " "+need+" ")
			if got := p.Selects(scenario("a.b.c", "@needs:"+need)); got != wanted {
				t.Errorf("%s selects what needs %s: %v", name, need, got)
			}
		}
	}
}

func TestAProfileExtendsAnother(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "base.yaml", "name: base\ndescription: x\ntags: not @slow\noptional: [storage.*]\nparallel: 3\ndeadline: 2m\n")
	p, err := profile.Load(write(t, dir, "mine.yaml", "name: mine\ndescription: x\nextends: ./base.yaml\ntags: not @needs:dns\nrequired: [network.dns.one, storage.a.b]\nparallel: 5\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		scenario           spec.Scenario
		selected, optional bool
	}{
		{scenario("api.a.b"), true, false},
		{scenario("api.a.b", "@slow"), false, false},
		{scenario("api.a.b", "@needs:dns"), false, false},
		{scenario("network.dns.one", "@needs:dns", "@slow"), true, false},
		{scenario("network.dns.two", "@needs:dns"), false, false},
		{scenario("storage.x.y"), true, true},
		{scenario("storage.x.y", "@slow"), true, true},
		{scenario("storage.a.b"), true, false},
	} {
		if got := p.Selects(c.scenario); got != c.selected {
			t.Errorf("%v: selected %v", c.scenario, got)
		}
		if got := p.IsOptional(c.scenario); got != c.optional {
			t.Errorf("%v: optional %v", c.scenario, got)
		}
	}
	if parallel, deadline := p.Pace(); parallel != 5 || deadline != 2*time.Minute {
		t.Errorf("pace %d, %s", parallel, deadline)
	}
	if err := p.Check([]spec.Scenario{scenario("api.a.b"), scenario("network.dns.one"), scenario("storage.x.y")}); err == nil || !strings.Contains(err.Error(), `no behaviour has the id "storage.a.b"`) {
		t.Errorf("got %v", err)
	}
}

func TestFaultsOfAProfileAreNamed(t *testing.T) {
	const good = "name: mine\ndescription: x\n"
	dir := t.TempDir()
	for text, want := range map[string]string{
		"description: x\n":                          "name is missing",
		"name: a b\ndescription: x\n":               "must be one word",
		"name: mine\n":                              "description is missing",
		good + "tag: '@slow'\n":                     `unknown field "tag"`,
		good + "tags: '@slow and'\n":                "a tag is missing",
		good + "tags: [a]\n":                        "tags",
		good + "parallel: -1\n":                     "parallel is -1",
		good + "deadline: 0s\n":                     "want more than 0",
		good + "deadline: soon\n":                   "soon",
		good + "required: ['@slow']\n":              "not the id of a behaviour",
		good + "required: [a.b]\noptional: [a.b]\n": "both required and optional",
		good + "name: twice\n":                      "already",
		good + "extends: nothing\n":                 `there is no profile "nothing"; there are api-only, namespaced, core, full`,
		good + "extends: ./missing.yaml\n":          "missing.yaml",
		good + "extends: ./mine.yaml\n":             "it extends itself",
	} {
		_, err := profile.Load(write(t, dir, "mine.yaml", text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "mine.yaml") {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if _, err := profile.Load("cor"); err == nil || !strings.Contains(err.Error(), "there are api-only, namespaced, core, full") {
		t.Errorf("got %v", err)
	}
	empty, err := profile.Load(write(t, dir, "mine.yaml", good+"tags: '@no and not @no'\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := empty.Check([]spec.Scenario{scenario("a.b.c")}); err == nil || !strings.Contains(err.Error(), "selects no behaviour") {
		t.Errorf("got %v", err)
	}
}
