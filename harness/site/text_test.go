package site

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/features"
	"github.com/seatrial/seatrial/harness/spec"
)

// read is what a reader sees of a piece of HTML.
func read(markup string) string {
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(markup, ""))
}

func TestSayMarksWhatALineSpeaksOf(t *testing.T) {
	for line, want := range map[string]string{
		`I create Deployment "web":`:                             `I create Deployment <code>web</code>:`,
		`within 60 seconds, status.replicas of Pod "a" is "3"`:   `<span class="when">within 60 seconds, </span><code>status.replicas</code> of Pod <code>a</code> is <code>3</code>`,
		`for 1 minute, ConfigMap "<b>" is ""`:                    `<span class="when">for 1 minute, </span>ConfigMap <code>&lt;b&gt;</code> is <code>&#34;&#34;</code>`,
		`as before, user "a" may list pods`:                      `<span class="when">as before, </span>user <code>a</code> may list pods`,
		`it is refused with 409 AlreadyExists`:                   `it is refused with 409 AlreadyExists`,
		`status.conditions[type=Ready].status of Node "n" & "m"`: `<code>status.conditions[type=Ready].status</code> of Node <code>n</code> &amp; <code>m</code>`,
	} {
		if got := string(say(line)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", line, got, want)
		}
	}
}

func TestSentenceMarksItsParameters(t *testing.T) {
	got := string(sentence(`I {try?}list {kind} objects[ with label {label}] <x>`))
	const want = `I <span class="maybe">[try to]</span> list <var>kind</var> objects<span class="maybe">[ with label <var>label</var>]</span> &lt;x&gt;`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestYAMLIsColouredByItsParts(t *testing.T) {
	for text, want := range map[string]string{
		`spec: {replicas: 2}`:         `<i><span class="k">spec:</span> {<span class="k">replicas:</span> <span class="n">2</span>}</i>`,
		"a: b # why":                  `<i><span class="k">a:</span> b<span class="c"> # why</span></i>`,
		`k: "x: 1"`:                   `<i><span class="k">k:</span> <span class="s">&#34;x: 1&#34;</span></i>`,
		`uid: </[0-9a-f]+/>`:          `<i><span class="k">uid:</span> <span class="m">&lt;/[0-9a-f]+/&gt;</span></i>`,
		"run: |\n  if: 1\nnext: true": "<i><span class=\"k\">run:</span> |\n</i><i><span class=\"s\">  if: 1</span>\n</i><i><span class=\"k\">next:</span> <span class=\"n\">true</span></i>",
		`time: 12:30:00`:              `<i><span class="k">time:</span> 12:30:00</i>`,
	} {
		if got := string(yaml(text)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestNothingOfTheFeaturesIsLostInSetting(t *testing.T) {
	pages, err := spec.Load(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range spec.Scenarios(pages) {
		for _, step := range s.Steps {
			if step.Doc != nil && read(string(yaml(*step.Doc))) != *step.Doc {
				t.Errorf("%s: the text below %q is changed", s.ID, step.Text)
			}
			if got := read(string(say(step.Text))); strings.ReplaceAll(got, `"`, "") != strings.ReplaceAll(step.Text, `"`, "") {
				t.Errorf("%s: %q became %q", s.ID, step.Text, got)
			}
		}
	}
}

func FuzzYAMLKeepsEveryCharacter(f *testing.F) {
	f.Add("a: {b: [\"c\", 'd'], e: </x/>} # f\n- |\n  g\n")
	f.Add("</script><script>alert(1)</script>: \"")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(strings.NewReplacer("\x00", "", "\r", "").Replace(text), "")
		if got := read(string(yaml(text))); got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func TestSecondsReadAsPeopleSayThem(t *testing.T) {
	for s, want := range map[float64]string{
		0: "0 s", 0.0002: "1 ms", 0.0431: "43 ms", 0.0999: "0.1 s", 1.25: "1.2 s", 59.99: "1 min 0 s", 192.4: "3 min 12 s", 7320: "2 h 2 min",
	} {
		if got := seconds(s); got != want {
			t.Errorf("%v: got %q, want %q", s, got, want)
		}
	}
}
