import Model

/// What `larder warm` says.
enum WarmText {
    /// One line while it goes on: `34 %  1.20 GiB of 3.40 GiB, 98.0 MiB/s, 22 s left  films/a.mkv`.
    ///
    /// - Parameters:
    ///   - rate: bytes per second, lately.
    ///   - name: what is read now.
    static func progress(
        _ figures: WarmQueue.Figures, rate: Double, name: String, columns: Int
    ) -> String {
        let done = figures.cachedBytes + figures.bytes
        var text: String
        let speed = "\(ByteCount(Int64(rate)))/s"
        if figures.isComplete {
            let whole = max(done, figures.foundBytes)
            let percent = whole > 0 ? Int(Double(done) / Double(whole) * 100) : 100
            let bar = String(repeating: "=", count: percent / 5).padded(to: 20)
            text = "[\(bar)] \(percent) %  \(ByteCount(done)) of \(ByteCount(whole)), \(speed)"
            if rate >= 1 {
                text += ", \(StatusText.span(Double(whole - done) / rate)) left"
            }
        } else {
            let files = StatusText.count(figures.found, "file")
            text = "\(ByteCount(done)), \(speed); \(files) found so far"
        }
        let room = columns - 1 - text.columns - 2
        if room >= 12 { text += "  " + name.printable.cutAtStart(to: room) }
        return text.cut(to: max(1, columns - 1))
    }

    /// `fetched 120 files, 3.40 GiB in 34 s (100 MiB/s); 20 files were cached already`.
    static func summary(_ figures: WarmQueue.Figures, seconds: Double) -> String {
        let files = StatusText.count(figures.files, "file")
        let bytes = figures.fetchedBytes
        var text = "fetched \(files), \(ByteCount(bytes))"
        if bytes > 0 {
            text += " in \(StatusText.span(seconds))"
            if seconds >= 0.1 { text += " (\(ByteCount(Int64(Double(bytes) / seconds)))/s)" }
        }
        if figures.cachedFiles > 0 {
            let cached = StatusText.count(figures.cachedFiles, "file was", plural: "files were")
            text += "; \(cached) cached already"
        }
        return text
    }

    /// What could not be read, a line each, and how many more there are.
    static func failures(_ failures: [WarmQueue.Failure], of count: Int) -> [String] {
        var lines = failures.map {
            "\(String(decoding: $0.path, as: UTF8.self)): \($0.reason)"
        }
        if count > failures.count {
            lines.append("and \(StatusText.grouped(count - failures.count)) more")
        }
        return lines
    }
}
