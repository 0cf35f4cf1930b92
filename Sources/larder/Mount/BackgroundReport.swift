import Control
import FoundationEssentials
import Model
import Platform

/// What the second process of a background mount tells the first, line by line, before it is on its
/// own.
enum BackgroundReport: Equatable {
    case note(String)
    /// The end of the conversation: the view is usable, at this canonical path.
    case ready(view: String)
    /// The end of the conversation: it will not be.
    case failed(MountFailure)
}

extension BackgroundReport: Codable {
    private enum Key: String, CodingKey {
        case note, ready, failed, kind
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let note = try container.decodeIfPresent(String.self, forKey: .note) {
            self = .note(note)
        } else if let view = try container.decodeIfPresent(String.self, forKey: .ready) {
            self = .ready(view: view)
        } else {
            self = .failed(
                MountFailure(
                    try container.decode(String.self, forKey: .failed),
                    kind: try container.decode(MountFailure.Kind.self, forKey: .kind)))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .note(let text): try container.encode(text, forKey: .note)
        case .ready(let view): try container.encode(view, forKey: .ready)
        case .failed(let failure):
            try container.encode(failure.message, forKey: .failed)
            try container.encode(failure.kind, forKey: .kind)
        }
    }

    /// Sends it; nobody may be listening any more, which is no reason to stop.
    func send(to descriptor: Int32) {
        do {
            try FileContents.write(descriptor, try WireFormat.line(self))
        } catch {
            // The first process was interrupted.
        }
    }
}
