package apiserver_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// The GA API surface of v1.36, from the upstream discovery documents.
const (
	wantVersions     = 22
	wantResources    = 68
	wantSubresources = 45
)

func TestDiscoveryListsTheWholeSurface(t *testing.T) {
	client := discovery.NewDiscoveryClientForConfigOrDie(apiservertest.Start(t))
	_, lists, err := client.ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	resources, subresources := 0, 0
	for _, list := range lists {
		for _, r := range list.APIResources {
			if strings.Contains(r.Name, "/") {
				subresources++
			} else {
				resources++
			}
		}
	}
	if len(lists) != wantVersions || resources != wantResources || subresources != wantSubresources {
		t.Errorf("got %d group-versions, %d resources, %d subresources; want %d, %d, %d",
			len(lists), resources, subresources, wantVersions, wantResources, wantSubresources)
		for _, list := range lists {
			t.Log(list.GroupVersion, names(list))
		}
	}
}

func names(list *metav1.APIResourceList) (all []string) {
	for _, r := range list.APIResources {
		all = append(all, r.Name+"("+strings.Join(r.Verbs, ",")+")")
	}
	return all
}

func TestLegacyDiscoveryAgreesWithAggregated(t *testing.T) {
	config := apiservertest.Start(t)
	aggregated := discovery.NewDiscoveryClientForConfigOrDie(config)
	legacy := discovery.NewDiscoveryClientForConfigOrDie(config)
	legacy.UseLegacyDiscovery = true
	a, err := discovery.ServerPreferredResources(aggregated)
	if err != nil {
		t.Fatal(err)
	}
	l, err := discovery.ServerPreferredResources(legacy)
	if err != nil {
		t.Fatal(err)
	}
	if len(a) != len(l) {
		t.Fatalf("%d group-versions aggregated, %d one by one", len(a), len(l))
	}
	verbs := map[string]string{}
	for _, list := range l {
		for _, r := range list.APIResources {
			verbs[list.GroupVersion+"/"+r.Name] = strings.Join(r.Verbs, ",")
		}
	}
	for _, list := range a {
		for _, r := range list.APIResources {
			if got := strings.Join(r.Verbs, ","); verbs[list.GroupVersion+"/"+r.Name] != got {
				t.Errorf("%s %s: %q aggregated, %q alone", list.GroupVersion, r.Name, got, verbs[list.GroupVersion+"/"+r.Name])
			}
		}
	}
}

func TestVersionIsTheServedOne(t *testing.T) {
	v, err := discovery.NewDiscoveryClientForConfigOrDie(apiservertest.Start(t)).ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if v.GitVersion != "v1.36.3" || v.Major != "1" || v.Minor != "36" {
		t.Errorf("got %v", v)
	}
}
