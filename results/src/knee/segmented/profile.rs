//! Least squares of one continuous break, exactly: the sum of squares as a function of where the
//! break is. Knows neither noise nor intervals.
//!
//! Between two neighbouring points the fit with a break at ψ is two free lines, one through the
//! points on each side, under one constraint: that they meet at ψ. So its sum of squares is
//! U + d(ψ)²/v(ψ), with U that of the free lines, d the distance between them at ψ (linear in ψ)
//! and v the variance factor of d (quadratic). It has its minimum where the free lines cross, if
//! that is between these two points, and else at one of them: D. J. Hudson, *Fitting segmented
//! curves whose join points have to be estimated*, J. Am. Stat. Assoc. 61 (1966). Where it stays
//! below a limit is a quadratic inequality. Nothing is searched on a grid and nothing iterates.

/// Weighted moments of points around their means.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    weight: f64,
    mean_z: f64,
    mean_y: f64,
    zz: f64,
    zy: f64,
    yy: f64,
}

impl Moments {
    /// Adds a point. Welford, Technometrics 4 (1962): no cancellation of large sums.
    fn add(&mut self, z: f64, y: f64, weight: f64) {
        self.weight += weight;
        let (dz, dy) = (z - self.mean_z, y - self.mean_y);
        let share = weight / self.weight;
        self.mean_z += dz * share;
        self.mean_y += dy * share;
        let rest = weight * (z - self.mean_z);
        self.zz += dz * rest;
        self.zy += dy * rest;
        self.yy += weight * dy * (y - self.mean_y);
    }

    fn slope(&self) -> f64 {
        if self.zz > 0.0 { self.zy / self.zz } else { 0.0 }
    }

    fn at(&self, z: f64) -> f64 {
        self.mean_y + self.slope() * (z - self.mean_z)
    }

    fn rss(&self) -> f64 {
        (self.yy - self.slope() * self.zy).max(0.0)
    }
}

/// Two free lines, left and right of a gap between two neighbouring points.
#[derive(Debug, Clone, Copy)]
struct Pieces {
    left: Moments,
    right: Moments,
}

impl Pieces {
    fn rss(&self) -> f64 {
        self.left.rss() + self.right.rss()
    }

    /// Sum of squares with the lines made to meet at `break_at`.
    fn rss_at(&self, break_at: f64) -> f64 {
        let [variance, ..] = self.variance(break_at);
        self.rss() + (self.left.at(break_at) - self.right.at(break_at)).powi(2) / variance
    }

    /// Variance factor of the distance between the lines at `origin` + t, as the coefficients of
    /// 1, t and t².
    fn variance(&self, origin: f64) -> [f64; 3] {
        let (u, v) = (origin - self.left.mean_z, origin - self.right.mean_z);
        let (left, right) = (1.0 / self.left.zz, 1.0 / self.right.zz);
        [
            1.0 / self.left.weight + 1.0 / self.right.weight + u * u * left + v * v * right,
            2.0 * (u * left + v * right),
            left + right,
        ]
    }

    /// Where the lines cross; not finite if they are parallel.
    fn crossing(&self) -> f64 {
        let slopes = self.left.slope() - self.right.slope();
        self.left.mean_z + (self.right.at(self.left.mean_z) - self.left.mean_y) / slopes
    }
}

/// The sum of squares of a continuous break, over where it is.
#[derive(Debug)]
pub(in crate::knee) struct Profile<'a> {
    positions: &'a [f64],
    /// Moments of the first points, from none to all.
    left: Vec<Moments>,
    /// Moments of the points from each on.
    right: Vec<Moments>,
}

/// A continuous line with one break.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::knee) struct Hinge {
    /// Position of the break.
    pub break_at: f64,
    /// Height at the break.
    pub height: f64,
    /// Slope before it.
    pub before: f64,
    /// Slope after it.
    pub after: f64,
}

impl Hinge {
    /// Height at a position.
    pub(in crate::knee) fn at(&self, z: f64) -> f64 {
        let slope = if z < self.break_at { self.before } else { self.after };
        self.height + slope * (z - self.break_at)
    }
}

impl<'a> Profile<'a> {
    /// The profile of points at ascending distinct `positions`, at least four.
    pub(in crate::knee) fn of(
        positions: &'a [f64],
        weights: &[f64],
        heights: &[f64],
    ) -> Profile<'a> {
        let mut profile = Profile { positions, left: Vec::new(), right: Vec::new() };
        profile.refill(weights, heights);
        profile
    }

    /// Takes other heights at the same positions.
    pub(in crate::knee) fn refill(&mut self, weights: &[f64], heights: &[f64]) {
        let count = self.positions.len();
        self.left.clear();
        self.right.clear();
        let mut moments = Moments::default();
        self.left.push(moments);
        for point in 0..count {
            moments.add(self.positions[point], heights[point], weights[point]);
            self.left.push(moments);
        }
        let mut moments = Moments::default();
        self.right.resize(count + 1, moments);
        for point in (0..count).rev() {
            moments.add(self.positions[point], heights[point], weights[point]);
            self.right[point] = moments;
        }
    }

    /// Sum of squares of the straight line.
    pub(in crate::knee) fn straight_rss(&self) -> f64 {
        self.right[0].rss()
    }

    /// Height of the straight line at a position, and its slope.
    pub(in crate::knee) fn straight_at(&self, z: f64) -> (f64, f64) {
        (self.right[0].at(z), self.right[0].slope())
    }

    /// Sum of squares around the mean height.
    pub(in crate::knee) fn height_squares(&self) -> f64 {
        self.right[0].yy
    }

    /// The gaps that have two points at either side: `gap` lies after the first `gap` points.
    fn gaps(&self) -> std::ops::RangeInclusive<usize> {
        2..=self.positions.len() - 2
    }

    fn pieces(&self, gap: usize) -> Pieces {
        Pieces { left: self.left[gap], right: self.right[gap] }
    }

    /// The position of the break with the least sum of squares, and that sum. A break beyond the
    /// second or before the last but one point is anywhere in the outermost gap: the middle stands
    /// for it.
    pub(in crate::knee) fn minimum(&self) -> (f64, f64) {
        let (z, last) = (self.positions, self.positions.len() - 1);
        let mut best = (z[1], f64::INFINITY);
        let mut consider = |position: f64, rss: f64| {
            if rss < best.1 {
                best = (position, rss);
            }
        };
        for gap in self.gaps() {
            let pieces = self.pieces(gap);
            let crossing = pieces.crossing();
            if z[gap - 1] <= crossing && crossing <= z[gap] {
                consider(crossing, pieces.rss());
            } else {
                consider(z[gap - 1], pieces.rss_at(z[gap - 1]));
                consider(z[gap], pieces.rss_at(z[gap]));
            }
        }
        if best.0 <= z[1] {
            best.0 = f64::midpoint(z[0], z[1]);
        } else if best.0 >= z[last - 1] {
            best.0 = f64::midpoint(z[last - 1], z[last]);
        }
        best
    }

    /// Sum of squares with the break at a position; of the straight line outside the range.
    pub(in crate::knee) fn rss_at(&self, break_at: f64) -> f64 {
        let z = self.positions;
        if break_at <= z[0] || break_at >= z[z.len() - 1] {
            return self.straight_rss();
        }
        let inside = break_at.clamp(z[1], z[z.len() - 2]);
        let gap = z.partition_point(|position| *position <= inside).clamp(2, z.len() - 2);
        self.pieces(gap).rss_at(inside)
    }

    /// From the first to the last position where the sum of squares is at most `limit`; `None` if
    /// there is none.
    pub(in crate::knee) fn within(&self, limit: f64) -> Option<(f64, f64)> {
        let z = self.positions;
        let mut hull: Option<(f64, f64)> = None;
        let mut add = |position: f64| {
            let (low, high) = hull.unwrap_or((position, position));
            hull = Some((low.min(position), high.max(position)));
        };
        for gap in self.gaps() {
            for position in self.pieces(gap).bounds(z[gap - 1], z[gap], limit) {
                add(position);
            }
        }
        // In the outermost gaps the sum is that at their inner ends.
        if self.rss_at(z[1]) <= limit {
            add(z[0]);
        }
        if self.rss_at(z[z.len() - 2]) <= limit {
            add(z[z.len() - 1]);
        }
        hull
    }

    /// The line with its break at a position inside the range.
    pub(in crate::knee) fn hinge(&self, break_at: f64) -> Hinge {
        let z = self.positions;
        let inside = break_at.clamp(z[1], z[z.len() - 2]);
        let gap = z.partition_point(|position| *position <= inside).clamp(2, z.len() - 2);
        let fitted = self.pieces(gap).joined(inside);
        if inside < break_at {
            // The last point alone is after the break.
            let (before, end) = (fitted.before, z.len() - 1);
            let height = fitted.height + before * (break_at - inside);
            let after = (self.right[end].mean_y - height) / (z[end] - break_at);
            return Hinge { break_at, height, before, after };
        }
        if inside > break_at {
            let height = fitted.height - fitted.after * (inside - break_at);
            let before = (height - self.left[1].mean_y) / (break_at - z[0]);
            return Hinge { break_at, height, before, after: fitted.after };
        }
        fitted
    }
}

impl Pieces {
    /// The ends of the gap and the roots inside it, as far as the sum of squares is at most
    /// `limit` there.
    fn bounds(&self, low: f64, high: f64, limit: f64) -> impl Iterator<Item = f64> + use<> {
        let room = limit - self.rss();
        let [constant, linear, square] = self.variance(low);
        let apart = self.left.at(low) - self.right.at(low);
        let parting = self.left.slope() - self.right.slope();
        // (apart + parting t)² ≤ room · variance(t) with t from 0 to the length of the gap.
        let a = parting * parting - room * square;
        let b = 2.0 * apart * parting - room * linear;
        let c = apart * apart - room * constant;
        let length = high - low;
        let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
        // The stable form of both roots: no difference of near numbers.
        let half = -0.5 * (b + root.copysign(b));
        let exists = b * b >= 4.0 * a * c;
        let roots = [half / a, c / half].map(|t| (t, exists && t > 0.0 && t < length));
        let ends = [(0.0, c <= 0.0), (length, c + length * (b + a * length) <= 0.0)];
        let fits = room >= 0.0;
        roots
            .into_iter()
            .chain(ends)
            .filter(move |(_, holds)| fits && *holds)
            .map(move |(t, _)| low + t)
    }

    /// The lines, made to meet.
    fn joined(&self, break_at: f64) -> Hinge {
        let [variance, ..] = self.variance(break_at);
        let force = (self.left.at(break_at) - self.right.at(break_at)) / variance;
        let pull = |side: &Moments| {
            let lever = (break_at - side.mean_z) / side.zz;
            (1.0 / side.weight + (break_at - side.mean_z) * lever, lever)
        };
        let ((up_left, turn_left), (_, turn_right)) = (pull(&self.left), pull(&self.right));
        Hinge {
            break_at,
            height: self.left.at(break_at) - force * up_left,
            before: self.left.slope() - force * turn_left,
            after: self.right.slope() + force * turn_right,
        }
    }
}
