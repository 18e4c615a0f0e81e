package validation

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// What a resolver takes at most.
const (
	dnsNameservers  = 3
	dnsSearches     = 32
	dnsSearchLength = 2048
)

// dns checks how a pod resolves names.
func dns(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	errs := oneOf(path.Child("dnsPolicy"), spec.DNSPolicy, corev1.DNSClusterFirstWithHostNet, corev1.DNSClusterFirst, corev1.DNSDefault, corev1.DNSNone)
	at, config := path.Child("dnsConfig"), spec.DNSConfig
	if spec.DNSPolicy == corev1.DNSNone {
		if config == nil {
			return append(errs, field.Required(at, fmt.Sprintf("must provide `dnsConfig` when `dnsPolicy` is %s", corev1.DNSNone)))
		}
		if len(config.Nameservers) == 0 {
			return append(errs, field.Required(at.Child("nameservers"), fmt.Sprintf("must provide at least one DNS nameserver when `dnsPolicy` is %s", corev1.DNSNone)))
		}
	}
	if config == nil {
		return errs
	}
	if len(config.Nameservers) > dnsNameservers {
		errs = append(errs, field.Invalid(at.Child("nameservers"), config.Nameservers, fmt.Sprintf("must not have more than %v nameservers", dnsNameservers)))
	}
	for i, ip := range config.Nameservers {
		errs = append(errs, utilvalidation.IsValidIPForLegacyField(at.Child("nameservers").Index(i), ip, true, nil)...)
	}
	if len(config.Searches) > dnsSearches {
		errs = append(errs, field.Invalid(at.Child("searches"), config.Searches, fmt.Sprintf("must not have more than %v search paths", dnsSearches)))
	}
	if len(strings.Join(config.Searches, " ")) > dnsSearchLength {
		errs = append(errs, field.Invalid(at.Child("searches"), config.Searches, fmt.Sprintf("must not have more than %v characters (including spaces) in the search list", dnsSearchLength)))
	}
	for i, search := range config.Searches {
		if search != "." {
			errs = append(errs, matches(at.Child("searches").Index(i), search, utilvalidation.IsDNS1123SubdomainWithUnderscore(strings.TrimSuffix(search, ".")))...)
		}
	}
	for i, option := range config.Options {
		if option.Name == "" {
			errs = append(errs, field.Required(at.Child("options").Index(i), "must not be empty"))
		}
	}
	return errs
}
