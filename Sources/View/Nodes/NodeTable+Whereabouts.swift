import Model

/// What is known of a path.
extension NodeTable {
    /// How far the table knows a path.
    enum Whereabouts: Sendable {
        case folder(NodeID)
        case other(NodeID)
        /// There is no such name, by what is known.
        case nowhere
        /// Nobody has looked in this folder, or not at this name; the index may know.
        case unknown(below: NodeID)
    }

    func whereabouts(of path: RelativePath) -> Whereabouts {
        var at = NodeID.root
        for name in path.components {
            guard let state = directories[at] else { return .nowhere }
            if let child = state.children[name] {
                at = child
                continue
            }
            let isAbsent = state.knowledge == .complete && !state.nameOnly.contains(name)
            return isAbsent || state.absent[name] != nil ? .nowhere : .unknown(below: at)
        }
        return directories[at] == nil ? .other(at) : .folder(at)
    }
}
