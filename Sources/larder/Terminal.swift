import Control
import Glibc
import Platform

/// Where commands write. Failing to write is not an error: the reader has gone, and nothing is left
/// to tell.
enum Terminal {
    static func out(_ text: String) { write(1, text + "\n") }

    /// - Parameter what: for the message, should it not be possible: "the status".
    static func out(json value: some Encodable, of what: String) throws(CommandError) {
        do {
            out(String(decoding: try WireFormat.encode(value, pretty: true), as: UTF8.self))
        } catch {
            throw .failure("\(what) cannot be written as JSON")
        }
    }

    /// As it is: what controls the terminal.
    static func raw(_ text: String) { write(1, text) }

    /// What goes on, for the person: as it is, beside what the command has to say.
    static func note(_ text: String) { write(2, text) }

    /// A message for the person, with our name before it. Paths in it may be anybody's: nothing in them is obeyed.
    static func err(_ text: String) { write(2, "larder: \(text.printableLines)\n") }

    /// Colours help people; they hurt in files, and some people do not want them (no-color.org).
    static var outHasColours: Bool {
        isatty(1) == 1 && Environment.variable("NO_COLOR") == nil
            && Environment.variable("TERM") != "dumb"
    }

    private static func write(_ descriptor: Int32, _ text: String) {
        do {
            try FileContents.write(descriptor, Array(text.utf8))
        } catch {
            // See above.
        }
    }
}
