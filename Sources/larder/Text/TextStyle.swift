/// How a piece of text stands out on a terminal (ECMA-48, SGR).
enum TextStyle: String {
    case bold = "1"
    case good = "32"
    case bad = "31"
    case faint = "2"

    func paint(_ text: String, colours: Bool) -> String {
        colours ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}
