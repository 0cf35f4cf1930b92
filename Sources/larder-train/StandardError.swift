import Platform

/// Words for whoever started the program.
enum StandardError {
    static func write(_ text: String) {
        // Where nobody listens, there is nothing left to say it with; the exit code says the rest.
        try? FileContents.write(2, Array("\(text)\n".utf8))
    }
}
