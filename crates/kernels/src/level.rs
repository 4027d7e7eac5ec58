//! Which vector instructions this processor has, asked once, and the way to compile one plain function for all of them.

use std::sync::OnceLock;

/// A set of vector instructions that this machine is known to have. There is no way to make one but to ask the
/// processor, which is what makes the calls behind it sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Path);

/// What there is code for. `AvxVnni` is AVX2 with the byte products of AVX-512 (client processors from 2021 on).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// The portable one, which every machine has.
    pub const PLAIN: Self = Self(Path::Plain);

    /// The best of this machine.
    pub fn widest() -> Self {
        static WIDEST: OnceLock<Level> = OnceLock::new();
        *WIDEST.get_or_init(|| Self::available().pop().unwrap_or(Self::PLAIN))
    }

    /// All that this machine has, from plain to widest.
    pub fn available() -> Vec<Self> {
        let found = [(Path::Plain, true)];
        #[cfg(target_arch = "x86_64")]
        let found = {
            use std::is_x86_feature_detected as has;
            let avx2 = has!("avx2") && has!("fma");
            let avx512 = has!("avx512f") && has!("avx512bw") && has!("avx512vl") && has!("avx512dq");
            [
                found[0],
                (Path::Avx2, avx2),
                (Path::AvxVnni, avx2 && has!("avxvnni")),
                (Path::Avx512, avx2 && avx512 && has!("avx512vnni")),
            ]
        };
        found.into_iter().filter(|(_, is_here)| *is_here).map(|(path, _)| Self(path)).collect()
    }

    pub(crate) fn path(self) -> Path {
        self.0
    }
}

/// Defines a function whose plain body is compiled once for each level and runs at the one it is given first. Plain
/// arithmetic keeps its order whatever instructions carry it out, so every level gives the same bits.
macro_rules! at_every_level {
    ($(#[$about:meta])* $seen:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $(-> $output:ty)? $body:block) => {
        $(#[$about])*
        $seen fn $name(level: $crate::level::Level, $($argument: $kind),*) $(-> $output)? {
            #[inline(always)]
            fn plain($($argument: $kind),*) $(-> $output)? $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $kind),*) $(-> $output)? {
                plain($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vl,avx512dq")]
            fn avx512($($argument: $kind),*) $(-> $output)? {
                plain($($argument),*)
            }
            match level.path() {
                $crate::level::Path::Plain => plain($($argument),*),
                #[cfg(target_arch = "x86_64")]
                #[expect(unsafe_code, reason = "the instructions must be known to be there")]
                // SAFETY: a level exists only where the processor said that it has these instructions.
                $crate::level::Path::Avx2 | $crate::level::Path::AvxVnni => unsafe { avx2($($argument),*) },
                #[cfg(target_arch = "x86_64")]
                #[expect(unsafe_code, reason = "the instructions must be known to be there")]
                // SAFETY: as above.
                $crate::level::Path::Avx512 => unsafe { avx512($($argument),*) },
            }
        }
    };
}

pub(crate) use at_every_level;
