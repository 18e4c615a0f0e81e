package steps

import "regexp"

// placeholder is a parameter in a sentence.
var placeholder = regexp.MustCompile(`\{(\w+)(\??)\}`)

// form is what a parameter may be.
type form struct {
	// pattern is a regular expression; empty means a text in double quotes.
	pattern string
	// words say the same to people.
	words string
}

// quoted is the form of a parameter that is not in the table of parameters.
func quoted() form { return form{words: "a text in quotes"} }

// parameters maps the names of parameters to their forms.
func parameters() map[string]form {
	const text = `"[^"]*"`
	return map[string]form{
		"article":   {`a|an`, "a or an"},
		"kind":      {`[A-Z][A-Za-z]+`, "a kind of object that the cluster serves"},
		"name":      {"", "the name of an object in quotes; \"namespace/name\" when it is not in the scenario's Namespace"},
		"service":   {"", "the name of a Service in quotes"},
		"container": {"", "the name of a container in quotes"},
		"field":     {`[a-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+|\[[^\]]+\])*`, "the path of a field: parts with dots, list[0], list[key=value], map['key']"},
		"value":     {"", "a value in quotes, or one of the words in angle brackets that matches knows"},
		"variable":  {"", "the name of the variable in quotes"},
		"names":     {text + `(?:(?:, | and )` + text + `)*`, "one or more texts in quotes, with commas and an and"},
		"count":     {`\d+`, "a number"},
		"code":      {`\d+`, "an HTTP status or an exit code"},
		"port":      {`\d+`, "a port number"},
		"reason":    {`[A-Z][A-Za-z]+`, "the reason in the Status of a refusal"},
		"method":    {`GET|POST|PUT|PATCH|DELETE`, "GET, POST, PUT, PATCH or DELETE"},
		"form":      {`JSON|merge|strategic merge`, "JSON, merge or strategic merge"},
		"try":       {`try to `, "\"try to\": the request or the command may be refused, and an outcome tells how it went"},
		"limit":     {`exactly|at least|at most`, "exactly, at least or at most"},
		"may":       {`may not|may`, "may or may not"},
		"can":       {`cannot|can`, "can or cannot"},
		"absent":    {`is gone|does not exist`, "is gone or does not exist"},
		"match":     {`matches|keeps matching`, "matches, or with \"for\" keeps matching"},
		"verb":      {`get|list|watch|create|update|patch|delete`, "get, list, watch, create, update, patch or delete"},
		"resource":  {`[a-z][a-z0-9./${}-]*`, "a resource in the plural, with its group behind a dot"},
		"record":    {`A|AAAA|CNAME|SRV|PTR`, "A, AAAA, CNAME, SRV or PTR"},
		"label":     {"", "a label selector in quotes"},
		"version":   {"", "a resource version in quotes"},
		"each":      {`the|every`, "the or every"},
		"door":      {`a local port|a socket`, "a local port or a socket"},
		"selector":  {"", "a field selector in quotes"},
		"manager":   {"", "the name of a field manager in quotes"},
		"part":      {"", "the name of a subresource in quotes"},
		"command":   {"", "a command line in quotes; single quotes keep words together"},
		"options":   {"", "a query in quotes"},
		"url":       {"", "an address with its scheme in quotes"},
		"address":   {"", "a host and a port in quotes"},
		"domain":    {"", "a name of the DNS in quotes"},
		"path":      {"", "a path of HTTP in quotes"},
		"type":      {"", "a media type in quotes"},
		"token":     {"", "a bearer token in quotes"},
		"user":      {"", "the name of a user in quotes"},
		"group":     {"", "the name of a group in quotes"},
		"namespace": {"", "the name of a Namespace in quotes"},
		"text":      {"", "a text in quotes"},
	}
}
