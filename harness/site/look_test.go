package site_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

func source(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheProgramIsSmall(t *testing.T) {
	const limit = 15 << 10
	if n := len(source(t, "site.js")); n > limit {
		t.Errorf("site.js has %d bytes; more than %d", n, limit)
	}
}

// WCAG 2.2, 1.4.3: text has a contrast of at least 4.5 to 1 to what is behind it.
func TestColoursCanBeToldApart(t *testing.T) {
	found := regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(source(t, "site.css"), -1)
	for scheme, column := range map[string]int{"light": 2, "dark": 3} {
		colours := map[string]string{}
		for _, match := range found {
			colours[match[1]] = match[column]
		}
		for _, ground := range []string{"paper", "card", "code"} {
			for _, text := range []string{
				"ink", "soft", "sea", "passed", "failed", "flaky", "unsupported", "blocked", "error", "not-run", "key", "text", "number",
			} {
				check(t, scheme, colours, text, ground)
			}
		}
		check(t, scheme, colours, "ink", "wash")
		check(t, scheme, colours, "failed", "wash")
		check(t, scheme, colours, "error", "wash")
		check(t, scheme, colours, "ink", "mark")
		check(t, scheme, colours, "ink", "tide")
		check(t, scheme, colours, "soft", "tide")
		check(t, scheme, colours, "sea", "tide")
	}
}

func check(t *testing.T, scheme string, colours map[string]string, text, ground string) {
	t.Helper()
	if colours[text] == "" || colours[ground] == "" {
		t.Fatalf("%s: no colour %q or %q", scheme, text, ground)
	}
	a, b := luminance(t, colours[text]), luminance(t, colours[ground])
	if contrast := (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05); contrast < 4.5 {
		t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, text, ground, contrast)
	}
}

// luminance is the relative luminance of a colour as WCAG defines it.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
