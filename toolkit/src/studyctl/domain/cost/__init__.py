"""What an environment costs a month, by its plan and a dated table of prices; and what a plan changes of it."""

from studyctl.domain.cost.budget import BudgetVerdict as BudgetVerdict
from studyctl.domain.cost.budget import judge as judge
from studyctl.domain.cost.estimate import Comparison as Comparison
from studyctl.domain.cost.estimate import Estimate as Estimate
from studyctl.domain.cost.estimate import Line as Line
from studyctl.domain.cost.estimate import compare as compare
from studyctl.domain.cost.estimate import estimate as estimate
from studyctl.domain.cost.prices import Evidence as Evidence
from studyctl.domain.cost.prices import Price as Price
from studyctl.domain.cost.prices import PriceTable as PriceTable
from studyctl.domain.cost.prices import Usage as Usage
