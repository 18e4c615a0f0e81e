package certify

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
)

// requiredFields are those that PRODUCT.yaml must have.
func requiredFields() []string {
	return []string{"vendor", "name", "version", "type", "description", "website_url", "documentation_url", "contact_email_address"}
}

// urlFields hold URLs; those that are not required may be missing.
func urlFields() []string {
	return []string{"website_url", "repo_url", "documentation_url", "product_logo_url"}
}

func productTypes() []string { return []string{"distribution", "hosted platform", "installer"} }

// field returns the text of a field of PRODUCT.yaml. The bot reads all values as texts, so that a number spoils the whole file.
func (s *submission) field(name string) (text string, isText bool) {
	value, there := s.product[name]
	if !there || value == nil {
		return "", true
	}
	if text, isText = value.(string); strings.Contains(text, unfilled) {
		return "", true // of the template
	}
	return strings.TrimSpace(text), isText
}

func (s *submission) hasFields() (Status, []string) {
	var details []string
	for _, name := range requiredFields() {
		if text, isText := s.field(name); isText && text == "" {
			details = append(details, name+" is missing or empty")
		}
	}
	return verdictOf(details)
}

func (s *submission) hasSyntax() (Status, []string) {
	var details []string
	for name, value := range s.product {
		if _, isText := value.(string); !isText && value != nil {
			details = append(details, fmt.Sprintf("%s is no text: write it in quotes, %s: \"%v\"", name, name, value))
		}
	}
	slices.Sort(details)
	for _, name := range urlFields() {
		text, _ := s.field(name)
		if text == "" {
			continue
		}
		if u, err := url.ParseRequestURI(text); err != nil || u.Host == "" {
			details = append(details, fmt.Sprintf("%s is no URL: %q", name, text))
		}
	}
	const address = "contact_email_address"
	if text, _ := s.field(address); text != "" {
		if _, err := mail.ParseAddress(text); err != nil {
			details = append(details, fmt.Sprintf("%s is no e-mail address: %q", address, text))
		}
	}
	return verdictOf(details)
}

func (s *submission) hasType() (Status, []string) {
	if text, _ := s.field("type"); !slices.Contains(productTypes(), text) {
		return Violated, []string{fmt.Sprintf("type is %q", text)}
	}
	return Kept, nil
}
