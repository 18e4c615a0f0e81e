package evidence

import "regexp"

const redacted = "(redacted)"

// Redact takes out of a text what may open a door: bearer tokens, service account tokens and private keys.
func Redact(text string) string {
	for _, secret := range []*regexp.Regexp{
		regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`),
		regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----`),
		regexp.MustCompile(`(?i)bearer [A-Za-z0-9._~+/-]{16,}=*`),
	} {
		text = secret.ReplaceAllString(text, redacted)
	}
	return text
}
