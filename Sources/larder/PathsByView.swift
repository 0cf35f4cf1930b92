import Control
import Model

/// Paths of a command line, gathered by the views that they lie in: each view is asked once for all of its.
struct PathsByView {
    /// In the order in which they were met.
    private(set) var views: [ViewLocator.View] = []
    /// Some lie in none, which was said.
    private(set) var hasFailed = false
    private var paths: [ViewLocator.View: [WirePath]] = [:]

    /// - Parameter locate: finds the view of a path, and where in it; nil where it lies in none.
    init(_ typed: [[UInt8]], locate: ([UInt8]) -> (view: ViewLocator.View, path: RelativePath)?) {
        for path in typed {
            if let (view, below) = locate(path) {
                add(below, of: view)
            } else {
                Terminal.err(ViewLocator.isInNoView(path))
                hasFailed = true
            }
        }
    }

    mutating func add(_ path: RelativePath, of view: ViewLocator.View) {
        if paths[view] == nil { views.append(view) }
        paths[view, default: []].append(WirePath(path))
    }

    func batches(of view: ViewLocator.View) -> [[WirePath]] { Self.batches(paths[view] ?? []) }

    /// Requests that stay below the bounds of the protocol, however many paths a shell's glob made.
    static func batches(_ paths: [WirePath]) -> [[WirePath]] {
        var batches: [[WirePath]] = []
        var bytes = 0
        for path in paths {
            // A byte is at most six in JSON (`\u0001`), or five where a path is an array of
            // numbers.
            let cost = path.path.bytes.count * 6 + 8
            let isFull = bytes + cost > WireFormat.requestBytesMax - 1024
            if batches.isEmpty || isFull
                || batches[batches.count - 1].count == ControlRequest.pathsMax
            {
                batches.append([])
                bytes = 0
            }
            batches[batches.count - 1].append(path)
            bytes += cost
        }
        return batches
    }
}

extension ViewLocator {
    /// What a command says of a path that lies in no view.
    static func isInNoView(_ path: [UInt8]) -> String {
        "\(String(decoding: path, as: UTF8.self).printable) is not in a view of larder"
    }
}

extension RelativePath {
    /// With the view's path before it, as it is shown to people.
    func shown(in view: String) -> String {
        (components.isEmpty ? view : "\(view)/\(self)").printable
    }
}
