//! Changes, moves between spaces, versions: through the face.
