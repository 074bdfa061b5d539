import ArgumentParser

struct OutputOptions: ParsableArguments {
    @Flag(help: "Print the daemon's answer as JSON.")
    var json = false
}
