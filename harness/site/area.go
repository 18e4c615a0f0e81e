package site

import (
	"strings"

	"github.com/seatrial/seatrial/harness/verdict"
)

// area is a folder of features: what a reader looks for.
type area struct{ Name, Title, About string }

// areaOf names the area of a folder. A folder that is not known is its own title.
func areaOf(name string) area {
	if name == "" {
		name = "."
	}
	known := map[string]area{
		".":             {Title: "Features"},
		"access":        {Title: "Access", About: "Who may do what: users, roles and the accounts of Pods."},
		"api":           {Title: "The API", About: "How objects are made, read, changed, watched and removed, whatever their kind."},
		"autoscaling":   {Title: "Autoscaling", About: "How the number of Pods follows the load."},
		"cli":           {Title: "The command line", About: "What kubectl asks of a cluster, and what it shows."},
		"cluster":       {Title: "The cluster", About: "What holds for a cluster as a whole: its parts, its health, its upgrades."},
		"configuration": {Title: "Configuration", About: "Settings and secrets, and how Pods get them."},
		"network":       {Title: "Network", About: "How Pods find and reach each other, and how others reach them."},
		"node":          {Title: "Pods on a node", About: "How containers start, run, are probed, and end."},
		"policy":        {Title: "Policy", About: "Limits that a cluster sets to what is made in it."},
		"scheduling":    {Title: "Scheduling", About: "Which node a Pod goes to, and why."},
		"storage":       {Title: "Storage", About: "Where the files of Pods are, and how long they last."},
		"workloads":     {Title: "Workloads", About: "What keeps Pods running: Deployments, Jobs and their like."},
	}
	found, ok := known[name]
	if !ok {
		found.Title = strings.ToUpper(name[:1]) + name[1:]
	}
	found.Name = name
	return found
}

// Href is the address of the area's page, relative to the root of the site.
func (a area) Href() string {
	if a.Name == "." {
		return "features.html"
	}
	return a.Name + "/" + IndexName
}

// chapter is the page of an area, and its section of the index.
type chapter struct {
	frame
	Area       area
	Href       string
	Pages      []*page
	Counts     []count
	Behaviours int
	Results    bool
}

// chapters lists the areas in the order of their first pages.
func (b *book) chapters() []*chapter {
	var list []*chapter
	for _, p := range b.pages {
		if len(list) == 0 || list[len(list)-1].Area.Name != p.Area.Name {
			list = append(list, &chapter{
				frame: newFrame(p.Area.Title, p.Area.Href(), b.site), Area: p.Area, Href: p.Area.Href(), Results: b.results(),
			})
		}
		last := list[len(list)-1]
		last.Pages = append(last.Pages, p)
	}
	for _, c := range list {
		tally := verdict.Counts{}
		for _, p := range c.Pages {
			c.Behaviours += p.Behaviours()
			for _, n := range p.Counts {
				tally[n.Verdict] += n.N
			}
		}
		if b.results() {
			c.Counts = countsOf(tally)
		}
	}
	return list
}

// Behaviours is how many the page shows.
func (p *page) Behaviours() int {
	n := 0
	for _, r := range p.Rules {
		n += len(r.Behaviours)
	}
	return n
}

// Summary is the first sentence of the lead.
func (p *page) Summary() string {
	text := strings.Join(strings.Fields(p.Lead), " ")
	if first, _, ok := strings.Cut(text, ". "); ok {
		return first + "."
	}
	return text
}
