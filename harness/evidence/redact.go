package evidence

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const redacted = "(redacted)"

// rule takes one kind of secret out of a text.
type rule struct {
	// hints are in lower case; where none of them is, the rule does not apply. It saves the time of the expression.
	hints []string
	finds *regexp.Regexp
	// with is the replacement, which may name groups. When it is empty, is decides for each find.
	with string
	is   func(found string) string
}

func (r rule) apply(text string) string {
	if r.is == nil {
		return r.finds.ReplaceAllString(text, r.with)
	}
	return r.finds.ReplaceAllStringFunc(text, r.is)
}

// wholeRules are about what may stand on many lines, and begin with a plain text.
var wholeRules = []rule{ //nolint:gochecknoglobals // constants
	// Private keys, also where line ends are escaped, and where the end is cut off.
	{finds: regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:[A-Za-z0-9+/=:,.\s\\-]|\\n)*?-----END [A-Z0-9 ]*PRIVATE KEY-----`), with: redacted},
	{finds: regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:\s*[A-Za-z-]+: [^\n]*\n)*(?:(?:\s|\\n)*[A-Za-z0-9+/=]{16,})*`), with: redacted},
	// The same once more in base64: "-----BEGIN " is LS0tLS1CRUdJTi.
	{finds: regexp.MustCompile(`LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]+`), is: unlessPublic},
	// JSON web tokens: {"... is eyJ.
	{finds: regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?`), with: redacted},
}

// secretWord ends the name of what holds a secret. One of secretHints is in each.
const secretWord = `(?:password|passwd|passphrase|token|api[_-]?key|secret[_-]?key|access[_-]?key|client[_-]?secret|private[_-]?key|client-key-data)`

var secretHints = []string{"pass", "token", "key", "secret"} //nolint:gochecknoglobals // a constant

// lineRules are about what stands on one line, in order: the whole ones before the parts of them.
var lineRules = []rule{ //nolint:gochecknoglobals // constants
	// Headers.
	{[]string{"authorization"}, regexp.MustCompile(`(?i)\b(authorization["']?\s*[:=]\s*\[?["']?(?:bearer|basic|digest|negotiate|token|apikey|aws4-hmac-sha256) +)[^"'\]]+`), "${1}" + redacted, nil},
	{[]string{"authorization"}, regexp.MustCompile(`(?i)\b(authorization["']?\s*[:=]\s*\[?["']?)([^\s"'\]()]{16,})`), "${1}" + redacted, nil},
	{[]string{"cookie"}, regexp.MustCompile(`(?i)^(\s*(?:set-)?cookie\s*:\s*).+$`), "${1}" + redacted, nil},
	{[]string{"bearer"}, regexp.MustCompile(`(?i)\b(bearer[ :=]+)([A-Za-z0-9._~+/-]{12,}=*)`), "", ifRandom},
	{[]string{"basic"}, regexp.MustCompile(`(?i)\b(basic +)([A-Za-z0-9+/]{4,}={0,2})`), "", ifCredentials},
	// Names and passwords in addresses.
	{[]string{"://"}, regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"'<>]*:)[^\s/@"'<>]+@`), "${1}" + redacted + "@", nil},
	// What is called a secret: in quotes, up to the end of its line, in braces, or as name=value.
	{secretHints, regexp.MustCompile(`(?i)("[\w.-]*` + secretWord + `"\s*:\s*)"(?:[^"\\]|\\.)+"`), `${1}"` + redacted + `"`, nil},
	{secretHints, regexp.MustCompile(`(?i)^([ \t-]*['"]?[\w.-]*` + secretWord + `['"]?[ \t]*:[ \t]+)("[^"]*"|'[^']*'|[^\s'"]+)[ \t]*$`), "", unlessPlain},
	{secretHints, regexp.MustCompile(`(?i)([{,]\s*[\w.-]*` + secretWord + `\s*:\s*)("[^"]*"|'[^']*'|[^\s,}"'(]+)`), "", unlessPlain},
	{secretHints, regexp.MustCompile(`(?i)([\w.-]*` + secretWord + `=)("[^"]*"|'[^']*'|[^\s&"',;}\])]+)`), "", unlessPlain},
	{secretHints, regexp.MustCompile(`\b([A-Z0-9_]*SECRET[A-Z0-9_]*=)("[^"]*"|'[^']*'|[^\s&"',;]+)`), "", unlessPlain},
	{[]string{`"auth"`}, regexp.MustCompile(`(?i)("auth"\s*:\s*)"[A-Za-z0-9+/=]+"`), `${1}"` + redacted + `"`, nil},
	{[]string{"x-amz-", "sig=", "signature="}, regexp.MustCompile(`(?i)([?&](?:X-Amz-(?:Signature|Security-Token|Credential)|sig|signature)=)[^\s&"']+`), "${1}" + redacted, nil},
	// Tokens that tell what they are.
	{[]string{"gh", "glpat", "xox", "akia"}, regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16})\b`), redacted, nil},
	{[]string{"."}, regexp.MustCompile(`(^|[\s"'=:])([a-z0-9]{6}\.[a-z0-9]{16})($|[\s"',;])`), "", ifBootstrapToken},
}

// Redact takes out of a text what may open a door: private keys, tokens, passwords in headers, addresses, settings and variables.
func Redact(text string) string {
	for _, r := range wholeRules {
		text = r.apply(text)
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		small := strings.ToLower(line)
		for _, r := range lineRules {
			if slices.ContainsFunc(r.hints, func(hint string) bool { return strings.Contains(small, hint) }) {
				lines[i] = r.apply(lines[i])
			}
		}
	}
	return strings.Join(lines, "\n")
}

// unlessPublic keeps what is no private key, such as a certificate.
func unlessPublic(found string) string {
	const enough = 64
	head := found[:min(len(found), enough)]
	plain, _ := base64.StdEncoding.DecodeString(head[:len(head)/4*4])
	if strings.Contains(string(plain), "PRIVATE KEY") {
		return redacted
	}
	return found
}

// ifRandom redacts what stands after the word bearer, unless it is a word of a sentence.
func ifRandom(found string) string {
	cut := strings.LastIndexAny(strings.TrimRight(found, "="), " :=") + 1
	if !strings.ContainsAny(found[cut:], "0123456789_") {
		return found
	}
	return found[:cut] + redacted
}

// ifCredentials redacts base64 of "name:password".
func ifCredentials(found string) string {
	cut := strings.LastIndexByte(found, ' ') + 1
	value := found[cut:]
	plain, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		plain, err = base64.RawStdEncoding.DecodeString(value)
	}
	if err != nil || !utf8.Valid(plain) || !strings.Contains(string(plain), ":") {
		return found
	}
	return found[:cut] + redacted
}

// unlessPlain keeps values that are no secrets: switches, numbers, references and what is redacted already.
func unlessPlain(found string) string {
	cut := strings.IndexAny(found, ":=") + 1
	if rest := strings.TrimLeft(found[cut:], " \t"); strings.HasPrefix(rest, strings.TrimSuffix(redacted, ")")) {
		return found
	}
	value := strings.Trim(strings.TrimSpace(found[cut:]), `"'`)
	switch strings.ToLower(value) {
	case "", "true", "false", "null", "none", "nil", "{}", "[]", redacted, "|", "|-", ">", ">-", "<none>", "<any>":
		return found
	}
	if strings.Trim(value, "0123456789.") == "" || strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[") || strings.HasPrefix(value, "<") || strings.HasPrefix(value, "$") {
		return found
	}
	space := len(found[cut:]) - len(strings.TrimLeft(found[cut:], " \t"))
	return found[:cut+space] + redacted
}

// ifBootstrapToken redacts a bootstrap token, which is random: a name of that form has no digit in its second part.
func ifBootstrapToken(found string) string {
	dot := strings.IndexByte(found, '.')
	if !strings.ContainsAny(found[dot:], "0123456789") {
		return found
	}
	start := dot - 6
	end := dot + 17
	return found[:start] + redacted + found[end:]
}
